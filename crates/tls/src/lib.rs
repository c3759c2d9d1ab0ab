#![doc = include_str!("../README.md")]

mod client;
mod error;
pub mod loopback;
mod reloading;
mod server;
mod settings;

pub use error::TlsError;
pub use hyper_rustls::HttpsConnector;
pub use server::Server;
pub use settings::TlsSettings;
