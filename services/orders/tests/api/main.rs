//! Tests of the HTTP API and the events of orders, without the other services.

mod decisions;
mod placing;
mod support;
