#![doc = include_str!("../README.md")]

mod archiving;
mod audit;
mod catalogue;
mod changing;
mod config;
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

pub use config::{Config, SERVICE};
pub use serve::serve;
