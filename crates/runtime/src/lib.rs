#![doc = include_str!("../README.md")]

pub mod clock;
pub mod crash;
pub mod exposure;
pub mod health;
pub mod lifecycle;
pub mod origin;
pub mod secret;
pub mod settings;
pub mod telemetry;
