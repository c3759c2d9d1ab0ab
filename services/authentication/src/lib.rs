#![doc = include_str!("../README.md")]

mod accounts;
pub mod admin;
mod argon;
mod attempts;
pub mod config;
mod hashing;
pub mod http;
mod rules;
mod seed;
mod serve;
mod sessions;
mod store;

pub use config::Config;
pub use serve::serve;
