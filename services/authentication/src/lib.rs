#![doc = include_str!("../README.md")]

mod accounts;
pub mod admin;
mod argon;
mod attempts;
pub mod config;
mod hashing;
mod http;
mod rules;
mod seed;
mod serve;
mod sessions;
mod signing_keys;
mod store;

pub use config::{Config, SERVICE};
pub use serve::serve;
