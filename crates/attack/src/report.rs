//! The results of the cases, as a table.

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

/// Formats results as aligned lines under a heading.
pub fn table(results: &[CaseResult]) -> Vec<String> {
    let heading = ["", "target", "case", "expected", "actual"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(heading)
        .chain(results.iter().map(|result| {
            let mark = if result.passed { "ok" } else { "FAILED" };
            [
                mark,
                result.target,
                &result.case,
                &result.expected,
                &result.actual,
            ]
            .map(str::to_owned)
        }))
        .collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    });
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}
