#![doc = include_str!("../README.md")]

pub mod client;
mod connection;
pub mod cursor;
pub mod extract;
mod framing;
pub mod idempotency;
pub mod integer;
pub mod openapi;
pub mod operations;
pub mod page;
mod probes;
pub mod problem;
pub mod request_context;
pub mod server;
mod unread_body;
