//! What was tried, what must happen, and what did.

/// One case.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which server.
    pub target: &'static str,
    /// What was tried.
    pub case: String,
    /// What must happen.
    pub expected: String,
    /// What did.
    pub seen: String,
    /// Whether the two agree.
    pub held: bool,
}

/// The rows as aligned lines under a heading, each with whether it held.
pub fn table(rows: &[Row]) -> Vec<String> {
    let heading = ["", "target", "case", "expected", "seen"].map(str::to_owned);
    let cells: Vec<[String; 5]> = std::iter::once(heading)
        .chain(rows.iter().map(|row| {
            let mark = if row.held { "ok" } else { "BAD" };
            [mark, row.target, &row.case, &row.expected, &row.seen].map(str::to_owned)
        }))
        .collect();
    let width = |column: usize| {
        let widths = cells.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    cells
        .iter()
        .map(|row| {
            let line: Vec<String> = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            line.join("  ").trim_end().to_owned()
        })
        .collect()
}
