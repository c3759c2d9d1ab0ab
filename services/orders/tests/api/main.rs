//! Tests of the HTTP API and the events of orders, without the other services.

mod decisions;
mod event_stream;
mod failover;
mod freshness;
mod idempotency;
mod limits;
mod placing;
mod product_states;
mod proxy;
mod reading;
mod support;
mod sweeping;
mod time_limits;
