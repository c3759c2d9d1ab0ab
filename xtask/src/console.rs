//! Output to the terminal.
//!
//! Printing never fails: a closed terminal or pipe must not prevent an orderly stop. Hence no
//! `println!`, which panics then.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal, Write},
    path::Path,
    sync::LazyLock,
};

use backing_services::Progress;

use crate::interrupt;

/// A colour of the terminal's palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    Grey,
}

impl Colour {
    /// The number in the escape sequence (ECMA-48, "select graphic rendition").
    fn code(self) -> u8 {
        match self {
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Blue => 34,
            Self::Magenta => 35,
            Self::Cyan => 36,
            Self::Grey => 90,
        }
    }
}

/// Prints a line to standard output.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints an error, with its causes on the same line, to standard error.
pub(crate) fn print_error(error: &anyhow::Error) {
    let _ = writeln!(io::stderr().lock(), "error: {error:#}");
}

/// Prints the progress of an installation; Ctrl-C cancels it.
pub(crate) struct ConsoleProgress;

impl Progress for ConsoleProgress {
    fn report(&self, line: &str) {
        print(line);
    }

    fn is_cancelled(&self) -> bool {
        interrupt::count() > 0
    }
}

/// Colours the text if standard output is a terminal and `NO_COLOR` is not set
/// (<https://no-color.org>).
pub(crate) fn paint(colour: Colour, text: impl Display) -> String {
    static COLOURED: LazyLock<bool> = LazyLock::new(|| {
        io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    });
    if *COLOURED {
        format!("\x1b[{}m{text}\x1b[0m", colour.code())
    } else {
        text.to_string()
    }
}

/// A path relative to the working directory, where that is shorter.
pub(crate) fn relative(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Formats rows as lines with aligned columns. The first row contains the headings.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_rows_when_formatted_then_columns_are_as_wide_as_their_widest_cell() {
        let rows = [["NAME", "PORT"], ["kafka", "9092"], ["orders", "-"]]
            .map(|row| row.map(String::from).to_vec());
        assert_eq!(table(&rows), ["NAME    PORT", "kafka   9092", "orders  -"]);
    }
}
