#![doc = include_str!("../README.md")]
#![expect(
    clippy::missing_panics_doc,
    reason = "everything here is for tests, and a test's way to fail is to panic with a sentence"
)]

mod client;
mod eventually;
mod judge;
mod kafka;
mod problem;
mod service;
mod shop;
mod stores;
mod stream;
mod tokens;

pub use client::{Answer, Client};
pub use eventually::eventually;
pub use judge::{Ledger, number};
pub use kafka::{Raw, Record};
pub use problem::{INSIDE, says_of_the_inside};
pub use service::run_alone;
pub use shop::{Builder, Shop, order};
pub use stores::Stores;
pub use stream::{EventStream, ServerEvent};
pub use tokens::{Claims, sign_with_another_key, write_another_key};

/// How long the whole shop may take to do what it does at once on an idle machine.
pub const SOON: std::time::Duration = std::time::Duration::from_secs(20);
