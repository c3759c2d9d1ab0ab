//! Tests of the gateway over real connections, between a client and stub upstreams.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod access;
mod forwarding;
mod limits;
mod malformed_requests;
mod openapi;
mod shared_reads;
mod shutdown;
mod support;
mod upstream_failures;
