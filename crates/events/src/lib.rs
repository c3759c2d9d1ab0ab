#![doc = include_str!("../README.md")]

mod ids;
mod kinds;
mod message;
mod money;
mod names;
mod quantity;
mod topics;

pub use ids::{IdError, OrderId, ProductId};
pub use kinds::{
    DecodeError, Event, KINDS, OrderLine, OrderPlaced, OrderStatus, PlacedStatus, ProductState,
    Reason, ReasonCode, schema_of,
};
pub use message::{Message, TRACEPARENT};
pub use money::{Money, MoneyError};
pub use names::{CategoryName, Description, NameError, ProductName};
pub use quantity::{Quantity, QuantityError, Stock};
pub use topics::Topics;
