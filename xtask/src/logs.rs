//! Many logs as one readable stream, a line per event.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::PathBuf,
};

use serde_json::Value;

use crate::{
    console::{Colour, paint, say},
    layout::{Component, Member},
    state::State,
};

const COLOURS: [Colour; 6] = [
    Colour::Cyan,
    Colour::Green,
    Colour::Yellow,
    Colour::Blue,
    Colour::Magenta,
    Colour::Grey,
];

/// The logs of a shop's processes, read as they grow.
pub(crate) struct Logs {
    width: usize,
    logs: Vec<Log>,
}

struct Log {
    name: String,
    component: Component,
    colour: Colour,
    path: PathBuf,
    /// The open file and its number, by which a new file in its place is recognised.
    file: Option<(File, u64)>,
    /// The beginning of a line that is not complete yet.
    begun: Vec<u8>,
}

impl Logs {
    /// Follows the logs of all processes, from their end on for those that ran before.
    pub(crate) fn follow<'a>(
        state: &State,
        members: &'a [Member],
        ran_before: impl Fn(&'a Member) -> bool,
    ) -> Self {
        let width = members
            .iter()
            .map(|member| member.name.len())
            .max()
            .unwrap_or(0);
        let log = |(index, member): (usize, &'a Member)| {
            let mut log = Log {
                name: member.name.clone(),
                component: member.component,
                colour: COLOURS[index % COLOURS.len()],
                path: state.log(&member.name),
                file: None,
                begun: Vec::new(),
            };
            if ran_before(member) {
                log.skip();
            }
            log
        };
        Self {
            width,
            logs: members.iter().enumerate().map(log).collect(),
        }
    }

    /// Prints the lines that have come since the last time.
    pub(crate) fn print_new(&mut self) {
        let width = self.width;
        for log in &mut self.logs {
            for line in log.new_lines() {
                say(format_args!(
                    "{} {line}",
                    paint(log.colour, format_args!("{:<width$} |", log.name))
                ));
            }
        }
    }
}

impl Log {
    /// Passes over what is there already.
    fn skip(&mut self) {
        if let Ok((mut file, number)) = self.open() {
            // What cannot be passed over is shown, which is only more than wanted.
            let _ = file.seek(SeekFrom::End(0));
            self.file = Some((file, number));
        }
    }

    fn open(&self) -> io::Result<(File, u64)> {
        let file = File::open(&self.path)?;
        let number = file.metadata()?.ino();
        Ok((file, number))
    }

    /// The complete lines that have come, for people. A log that cannot be read now may be readable
    /// later.
    fn new_lines(&mut self) -> Vec<String> {
        let mut bytes = std::mem::take(&mut self.begun);
        if let Some((file, number)) = &mut self.file {
            let _ = file.read_to_end(&mut bytes);
            // The process was started anew: its log is a new file, and the old one has been read to
            // its end.
            if fs::metadata(&self.path).is_ok_and(|now| now.ino() != *number) {
                self.file = None;
            }
        }
        if self.file.is_none()
            && let Ok((mut file, number)) = self.open()
        {
            let _ = file.read_to_end(&mut bytes);
            self.file = Some((file, number));
        }
        let complete = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        self.begun = bytes.split_off(complete);
        let text = String::from_utf8_lossy(&bytes);
        text.lines()
            .filter_map(|line| readable(self.component, line))
            .collect()
    }
}

/// A line of a log for people; nothing if it is none that they want.
fn readable(component: Component, line: &str) -> Option<String> {
    match component {
        _ if line.trim().is_empty() => None,
        Component::Mongo(_) => mongo_line(line),
        Component::Kafka | Component::Service(_) | Component::Edge => Some(line.to_owned()),
    }
}

/// MongoDB logs JSON, and much of it: its warnings and errors, as plain text. The warnings at its
/// start say that it runs without authentication and the like, which is as meant here. Source:
/// <https://www.mongodb.com/docs/manual/reference/log-messages/>.
fn mongo_line(line: &str) -> Option<String> {
    let Ok(entry) = serde_json::from_str::<Value>(line) else {
        return Some(line.to_owned());
    };
    let severity = match entry["s"].as_str()? {
        "W" => "WARN ",
        "E" => "ERROR",
        "F" => "FATAL",
        _ => return None,
    };
    let at_start = entry["tags"]
        .as_array()
        .is_some_and(|tags| tags.iter().any(|tag| tag == "startupWarnings"));
    let attributes = if entry["attr"].is_null() {
        String::new()
    } else {
        format!(" {}", entry["attr"])
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = format!(
        "{} {severity} {}: {}{attributes}",
        text(&entry["t"]["$date"]),
        text(&entry["c"]),
        text(&entry["msg"])
    );
    (!at_start).then_some(line)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn of_mongodbs_log_the_warnings_and_errors_are_shown_as_text() {
        let line = |severity: &str, more: &str| {
            format!(
                r#"{{"t":{{"$date":"2026-01-01T00:00:00Z"}},"s":"{severity}","c":"REPL","msg":"Lost it"{more}}}"#
            )
        };
        assert_eq!(mongo_line(&line("I", "")), None);
        assert_eq!(
            mongo_line(&line("W", r#","tags":["startupWarnings"]"#)),
            None
        );
        assert_eq!(
            mongo_line(&line("E", r#","attr":{"why":"gone"}"#)).unwrap(),
            r#"2026-01-01T00:00:00Z ERROR REPL: Lost it {"why":"gone"}"#
        );
        assert_eq!(mongo_line("terminate called").unwrap(), "terminate called");
    }

    #[test]
    fn lines_are_read_when_they_are_complete_and_across_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.log");
        let mut log = Log {
            name: "orders".to_owned(),
            component: Component::Kafka,
            colour: Colour::Cyan,
            path: path.clone(),
            file: None,
            begun: Vec::new(),
        };
        assert!(log.new_lines().is_empty());

        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(log.new_lines(), ["one"]);
        file.write_all(b"o\nthree\n").unwrap();
        fs::rename(&path, path.with_added_extension("previous")).unwrap();
        fs::write(&path, "four\n").unwrap();
        assert_eq!(log.new_lines(), ["two", "three", "four"]);
        assert!(log.new_lines().is_empty());
    }
}
