//! Every row of the contract, through the gateway.

mod authentication;
mod categories;
mod documents;
mod errors;
mod etag;
mod events;
mod idempotency;
mod keys;
mod operations;
mod orders;
mod pages;
mod products;
mod restock;
mod search;
mod sessions;
mod stream;
mod tokens;
