//! The rules, without a database, a network or a clock.

pub(crate) mod attempts;
pub(crate) mod password;
pub(crate) mod refresh;
