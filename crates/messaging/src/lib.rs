#![doc = include_str!("../README.md")]

pub mod access;
pub mod connection;
pub mod consumer;
pub mod dead_letters;
pub mod outbox;
pub mod producer;
pub mod settings;
pub mod topics;

/// An error of the broker or of the client library.
pub use rdkafka::error::KafkaError;
