#![doc = include_str!("../README.md")]
#![expect(
    clippy::missing_panics_doc,
    reason = "everything here is for tests, and a test fails by panicking with a message"
)]

mod bodies;
mod broker_user;
mod builder;
mod certificates;
mod client;
mod event_stream;
mod eventually;
mod invariants;
mod kafka;
mod pagination;
mod problem;
mod profile;
mod random;
mod release;
mod replica_set;
mod servers;
mod service;
mod settings;
mod shop;
mod single_service;
mod standalone;
mod stores;
mod tls_front;
mod tokens;

pub use bodies::{credentials, order, product};
pub use broker_user::BrokerUser;
pub use builder::Builder;
pub use certificates::Certificates;
pub use client::{Client, Response, eventually_status};
pub use event_stream::{EventStream, ServerEvent};
pub use eventually::{TIMEOUT, eventually, eventually_within};
pub use invariants::{Expectations, integer};
pub use kafka::{RawMessage, Record};
pub use problem::{INTERNALS, leaks_internals};
pub use profile::Profile;
pub use release::{Release, built_program};
pub use replica_set::{ReplicaSet, operations};
pub use reqwest::{Body, Method};
pub use servers::Servers;
pub use settings::{BACKENDS, SERVICES, Settings};
pub use shop::Shop;
pub use single_service::SingleService;
pub use standalone::{Exit, run_service};
pub use stores::TOPICS;
pub use tokens::{Claims, sign_hs256, sign_with_unknown_key, write_new_key};
