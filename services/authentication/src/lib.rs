#![doc = include_str!("../README.md")]

pub mod admin;
mod attempt_limits;
mod attempts;
mod config;
mod hashing;
mod http;
mod refresh;
mod registration;
mod serve;
mod sessions;
mod signing_keys;
mod store;

pub use config::{AdminCommand, Command, Config, SERVICE};
pub use serve::serve;
