//! The addresses, in and out.

mod accounts;
mod address;
mod cookie;
mod operations;
mod problems;
mod router;
mod sessions;
mod state;

pub use router::openapi;

pub(crate) use cookie::OwnPages;
pub(crate) use router::api;
pub(crate) use state::App;
