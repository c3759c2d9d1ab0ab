#![doc = include_str!("../README.md")]

mod email;
mod idempotency;
mod ids;
mod money;
mod names;
mod quantity;
mod role;
mod time;

pub use email::{Email, InvalidEmail, mask_addresses};
pub use idempotency::{IdempotencyKey, InvalidIdempotencyKey};
pub use ids::{InvalidId, OrderId, ProductId};
pub use money::{Money, MoneyError};
pub use names::{CategoryName, Description, NameError, ProductName};
pub use quantity::{Quantity, QuantityError, Stock};
pub use role::Role;
pub use time::{rfc3339, whole_milliseconds};
