#![doc = include_str!("../README.md")]

mod checking;
pub mod config;
pub mod consumer;
mod http;
mod idempotency;
pub mod lines;
pub mod order;
pub mod placing;
pub mod ports;
pub mod product;
mod publisher;
mod serve;
mod store;
pub mod stream;
pub mod sweeper;

pub use checking::Refusal;
pub use config::Config;
pub use serve::serve;

/// The name of the service in its consumer group, database connections and events.
pub(crate) const SERVICE: &str = "orders";
