//! The addresses, in and out.

mod accounts;
mod address;
mod operations;
mod problems;
mod router;
mod sessions;
mod state;

pub use router::openapi;

pub(crate) use router::api;
pub(crate) use state::App;
