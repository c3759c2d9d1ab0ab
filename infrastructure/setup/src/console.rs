//! Output for the operator: progress on stdout, the final error on stderr.
//!
//! A closed pipe must not stop the set-up, so write errors are ignored.

use std::fmt::Display;
use std::io::{self, Write as _};

pub(crate) fn print_line(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

pub(crate) fn print_error(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "setup: {error:#}");
}
