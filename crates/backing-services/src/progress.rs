//! Progress messages and cancellation of a long step.

/// Receives the progress of a long step, and can cancel it.
pub trait Progress {
    /// Shows one line to the user.
    fn report(&self, line: &str);

    /// Whether to cancel the step. Called several times a second while a step waits.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Shows nothing and never cancels: for tests.
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _line: &str) {}
}
