#![doc = include_str!("../README.md")]
#![expect(
    clippy::disallowed_methods,
    reason = "this crate is synchronous: it has no runtime whose threads it could block"
)]

mod error;
mod kafka;
mod kafka_wire;
mod mongo_wire;
mod mongod;
mod port;
mod process;
mod progress;
mod scratch;
mod server;
mod test_servers;
mod tls_files;
mod tools;

pub use error::{Error, Result};
pub use kafka::{KAFKA_USERS, Kafka, KafkaSettings};
pub use mongod::{Mongod, MongodSettings};
pub use port::{free_ports, is_port_free};
pub use process::{Process, last_lines, signal_group};
pub use progress::{Progress, Silent};
pub use scratch::ScratchDir;
pub use server::{BackingService, Readiness, Server};
pub use test_servers::TestServers;
pub use tls_files::TlsFiles;
pub use tools::Tools;
