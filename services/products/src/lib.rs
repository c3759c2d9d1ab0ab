#![doc = include_str!("../README.md")]

pub mod catalogue;
pub mod config;
mod consumer;
pub mod http;
mod retelling;
pub mod search;
mod serve;
pub mod stock;
mod store;

pub use config::Config;
pub use serve::serve;

/// What the service is called.
pub(crate) const SERVICE: &str = "products";
