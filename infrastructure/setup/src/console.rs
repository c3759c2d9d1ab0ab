//! What is printed: a line for each thing that was done, and why the rest was not.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Prints a line. There may be nobody who reads it.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints why nothing more is done.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "setup: {error:#}");
}
