#![doc = include_str!("../README.md")]

pub mod client;
mod connection;
pub mod crash;
pub mod extract;
mod framing;
pub mod health;
pub mod healthcheck;
pub mod idempotency;
pub mod lifecycle;
pub mod mongo;
pub mod openapi;
pub mod problem;
pub mod secret;
pub mod server;
pub mod settings;
pub mod telemetry;
mod unread;
