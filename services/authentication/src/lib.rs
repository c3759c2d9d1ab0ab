#![doc = include_str!("../README.md")]

mod accounts;
pub mod admin;
mod argon;
mod attempt_limits;
mod attempts;
mod config;
mod hashing;
mod http;
mod password;
mod refresh;
mod serve;
mod sessions;
mod signing_keys;
mod store;

pub use config::{AdminCommand, Command, Config, SERVICE};
pub use serve::serve;
