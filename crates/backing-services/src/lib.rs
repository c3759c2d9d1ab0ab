#![doc = include_str!("../README.md")]

mod backing;
mod error;
mod kafka;
mod kafka_wire;
mod mongo_wire;
mod mongod;
mod observer;
mod port;
mod process;
mod scratch;
mod server;
mod tools;

pub use backing::Backing;
pub use error::{Error, Result};
pub use kafka::KafkaSettings;
pub use mongod::MongodSettings;
pub use observer::{Observer, Quiet};
pub use port::{free_ports, is_free};
pub use process::{Process, last_lines};
pub use scratch::Scratch;
pub use server::{BackingService, Kafka, Mongod, Readiness, Server};
pub use tools::Tools;
