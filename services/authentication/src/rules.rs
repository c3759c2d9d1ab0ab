//! What holds without a database, a network or a clock.

pub(crate) mod login_limit;
pub(crate) mod password;
pub(crate) mod refresh;
