//! Output to the terminal.
//!
//! Printing never fails: a closed terminal or pipe must not prevent an orderly stop.

use std::{
    array, env,
    fmt::Display,
    io::{self, Write},
    path::Path,
};

use anstyle::AnsiColor;
use backing_services::Progress;

use crate::interrupt;

/// Prints a line to standard output, without its colours if that is no terminal. Unlike `println!`,
/// it does not panic if standard output is closed.
macro_rules! print_line {
    ($($text:tt)*) => {{
        use ::std::io::Write as _;
        let _ = writeln!(::anstream::stdout().lock(), $($text)*);
    }};
}

/// Prints an error, with its causes on the same line, to standard error.
pub(crate) fn print_error(error: &anyhow::Error) {
    let _ = writeln!(io::stderr().lock(), "error: {error:#}");
}

pub(crate) fn paint(colour: AnsiColor, text: impl Display) -> String {
    let style = colour.on_default();
    format!("{style}{text}{style:#}")
}

/// Prints the progress of an installation; Ctrl-C cancels it.
pub(crate) struct ConsoleProgress;

impl Progress for ConsoleProgress {
    fn report(&self, line: &str) {
        print_line!("{line}");
    }

    fn is_cancelled(&self) -> bool {
        interrupt::count() > 0
    }
}

/// A path relative to the working directory, if that is shorter.
pub(crate) fn relative(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(path);
    path.display().to_string()
}

/// Formats a heading and rows as lines with aligned columns.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let widths: [usize; N] = array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(heading[column].len())
    });
    let line = |row: [&str; N]| {
        let cell = |column| format!("{:<width$}", row[column], width = widths[column]);
        let cells: [String; N] = array::from_fn(cell);
        cells.join("  ").trim_end().to_owned()
    };
    let rows = rows.iter().map(|row| row.each_ref().map(String::as_str));
    [heading].into_iter().chain(rows).map(line).collect()
}

/// Prints rows with aligned columns below a heading.
pub(crate) fn print_table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) {
    for line in table(heading, rows) {
        print_line!("{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_rows_when_formatted_then_columns_are_as_wide_as_their_widest_cell() {
        let rows = [["kafka", "9092"], ["orders", "-"]].map(|row| row.map(String::from));
        let lines = table(["NAME", "PORT"], &rows);
        assert_eq!(lines, ["NAME    PORT", "kafka   9092", "orders  -"]);
    }
}
