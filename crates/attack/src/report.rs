//! The results of the cases.

use std::fmt;

/// The result of one case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// Name of the attacked server.
    pub target: &'static str,
    /// Name of the case.
    pub case: String,
    /// The result that a safe server gives.
    pub expected: String,
    /// The result that the server gave.
    pub actual: String,
    /// Whether the actual result is acceptable.
    pub passed: bool,
}

/// One line of a table.
impl fmt::Display for CaseResult {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.passed { "ok" } else { "FAILED" };
        write!(
            formatter,
            "{mark:6}  {:14}  {:48}  {}; expected: {}",
            self.target, self.case, self.actual, self.expected
        )
    }
}
