#![doc = include_str!("../README.md")]

mod kinds;
mod message;
mod topics;

pub use kinds::{
    DecodeError, Event, KINDS, OrderLine, OrderPlaced, OrderStatus, PlacedStatus, ProductState,
    Reason, ReasonCode, schema_of,
};
pub use message::{Message, TRACEPARENT};
pub use topics::Topics;
