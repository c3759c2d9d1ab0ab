//! Who watches a step that takes long.

/// Hears what a long step does, and may end it.
pub trait Observer {
    /// One line for the person who waits.
    fn say(&self, line: &str);

    /// Whether to give up: asked several times a second while something is being waited for.
    fn stopped(&self) -> bool {
        false
    }
}

/// Hears nothing and never ends anything: for tests.
pub struct Quiet;

impl Observer for Quiet {
    fn say(&self, _line: &str) {}
}
