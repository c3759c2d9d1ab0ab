//! The gateway as its clients and its services see it, over real connections.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod access;
mod documentation;
mod failing;
mod limits;
mod passing;
mod raw;
mod shared_reads;
mod stopping;
mod support;
