#![doc = include_str!("../README.md")]

pub mod catalogue;
pub mod config;
mod consumer;
pub mod http;
pub mod search;
mod serve;
pub mod stock;
mod store;

pub use config::Config;
pub use serve::serve;
