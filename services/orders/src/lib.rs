#![doc = include_str!("../README.md")]

mod checking;
mod config;
mod consumer;
mod http;
mod limits;
mod lines;
mod order;
mod placing;
mod ports;
mod product;
mod publisher;
mod serve;
mod store;
mod stream;
mod sweeper;
mod turns;

pub use config::{Config, SERVICE};
pub use serve::serve;
