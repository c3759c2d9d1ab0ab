//! Tests of the HTTP API and the events of products, without the other services.

mod decisions;
mod products;
mod support;
