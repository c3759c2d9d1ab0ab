#![doc = include_str!("../README.md")]

mod code;
mod decode;
mod kinds;
mod message;
mod topics;

pub use code::{Code, InvalidCode};
pub use decode::{DecodeError, MAX_PAYLOAD_BYTES, MAX_PRODUCTS};
pub use kinds::{
    Event, KINDS, MAX_PRODUCTS_NAMED, OrderLine, OrderPlaced, OrderStatus, PlacedStatus,
    ProductState, Reason, ReasonCode, schema_of,
};
pub use message::{Message, TRACEPARENT};
pub use topics::Topics;
