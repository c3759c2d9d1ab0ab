//! Tests of the HTTP API of authentication, without the other services.

mod accounts;
mod sessions;
mod support;
