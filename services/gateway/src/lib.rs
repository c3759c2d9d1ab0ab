#![doc = include_str!("../README.md")]

mod access;
mod circuit_breaker;
mod client;
mod config;
mod forwarded;
mod headers;
mod openapi;
mod proxy;
mod rate_limit;
mod resolver;
mod routes;
mod serve;
mod shared_reads;
mod upstream;

pub use config::{Config, SERVICE};
pub use serve::serve;
