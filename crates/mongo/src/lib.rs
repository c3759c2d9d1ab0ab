#![doc = include_str!("../README.md")]

mod change_stream;
mod connection;
pub mod decimal;
mod error;
mod freshness;
mod shared_key;
pub mod time;
mod timeout;
mod transaction;

pub use change_stream::token_time;
pub use connection::{ConnectError, MongoSettings, connect, watch};
pub use error::{
    DUPLICATE_KEY, StoreError, ignore_duplicate_keys, is_duplicate_key, is_refusal_code,
    is_transient,
};
pub use freshness::Freshness;
pub use shared_key::SharedKey;
pub use timeout::{
    BACKGROUND_TIMEOUT, is_time_up, retry_until_ok, time_left, timeout_error, with_timeout,
};
pub use transaction::{begin, commit};
