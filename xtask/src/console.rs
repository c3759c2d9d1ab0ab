//! What is printed, and how it looks.
//!
//! Printing never fails: a terminal that was closed, or a pipe that nobody reads any longer, must
//! not keep anything from being stopped in good order. Hence no `println!`, which panics then.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal, Write},
    path::Path,
    sync::LazyLock,
};

/// A colour of the terminal's own palette.
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

/// Prints a line.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints why a command failed.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(io::stderr().lock(), "error: {error:#}");
}

/// The text in a colour, if it goes to a terminal and nobody asked for none
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

/// A path as short as it can be said from here.
pub(crate) fn short(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Rows as lines with aligned columns, the first row being the headings.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
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
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["NAME", "PORT"], ["kafka", "9092"], ["orders", "-"]]
            .map(|row| row.map(String::from).to_vec());
        assert_eq!(table(&rows), ["NAME    PORT", "kafka   9092", "orders  -"]);
    }
}
