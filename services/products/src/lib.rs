#![doc = include_str!("../README.md")]

mod catalogue;
mod changing;
pub mod config;
mod consumer;
mod deciding;
mod http;
mod listing;
mod messages;
mod ports;
mod publisher;
mod republishing;
mod search;
mod serve;
mod stock;
mod store;

pub use config::Config;
pub use serve::serve;

/// The name of the service.
pub const SERVICE: &str = "products";
