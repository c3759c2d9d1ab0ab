//! Tests of the HTTP API of authentication, without the other services.

mod accounts;
mod attempt_limits;
mod cookies;
mod sessions;
mod support;
mod time_limits;
