#![doc = include_str!("../README.md")]

pub mod announcing;
pub mod checking;
pub mod config;
pub mod consumer;
pub mod http;
pub mod idempotency;
pub mod lines;
pub mod order;
pub mod placing;
mod serve;
pub mod store;
pub mod stream;
pub mod sweeper;

pub use config::Config;
pub use serve::serve;

/// What this service is called: by its consumer group, its database connections and its events.
const SERVICE: &str = "orders";
