//! The logs of all processes as one stream of lines.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::PathBuf,
};

use serde_json::Value;

use crate::{
    console::{Colour, paint, print},
    layout::{Component, Instance},
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

/// The logs of a shop's processes, followed as they grow.
pub(crate) struct Logs {
    /// The width of the longest name.
    width: usize,
    logs: Vec<Log>,
}

struct Log {
    name: String,
    component: Component,
    colour: Colour,
    path: PathBuf,
    /// The open file and its inode, which detects that a new file has replaced it.
    file: Option<(File, u64)>,
    /// The beginning of an incomplete line.
    partial: Vec<u8>,
}

impl Logs {
    /// Follows the logs of all processes: from the start for those that this command has started,
    /// from the end for the others.
    pub(crate) fn follow(
        state: &State,
        instances: &[Instance],
        is_own: impl Fn(&str) -> bool,
    ) -> Self {
        let log = |(index, instance): (usize, &Instance)| {
            let mut log = Log {
                name: instance.name.clone(),
                component: instance.component,
                colour: COLOURS[index % COLOURS.len()],
                path: state.log(&instance.name),
                file: None,
                partial: Vec::new(),
            };
            if !is_own(&log.name) {
                log.seek_to_end();
            }
            log
        };
        let logs: Vec<_> = instances.iter().enumerate().map(log).collect();
        let width = logs.iter().map(|log| log.name.len()).max().unwrap_or(0);
        Self { width, logs }
    }

    /// Prints the lines that were added since the last call.
    pub(crate) fn print_new_lines(&mut self) {
        let width = self.width;
        for log in &mut self.logs {
            for line in log.new_lines() {
                print(format_args!(
                    "{} {line}",
                    paint(log.colour, format_args!("{:<width$} |", log.name))
                ));
            }
        }
    }
}

impl Log {
    fn seek_to_end(&mut self) {
        if let Ok((mut file, inode)) = self.open() {
            // After an error, only too many lines are shown.
            let _ = file.seek(SeekFrom::End(0));
            self.file = Some((file, inode));
        }
    }

    fn open(&self) -> io::Result<(File, u64)> {
        let file = File::open(&self.path)?;
        let inode = file.metadata()?.ino();
        Ok((file, inode))
    }

    /// Reads the complete new lines. Ignores errors: the next call tries again.
    fn new_lines(&mut self) -> Vec<String> {
        let mut bytes = std::mem::take(&mut self.partial);
        if let Some((file, inode)) = &mut self.file {
            let _ = file.read_to_end(&mut bytes);
            // After a restart the log is a new file; the old one has been read to its end.
            if fs::metadata(&self.path).is_ok_and(|now| now.ino() != *inode) {
                self.file = None;
            }
        }
        if self.file.is_none()
            && let Ok((mut file, inode)) = self.open()
        {
            let _ = file.read_to_end(&mut bytes);
            self.file = Some((file, inode));
        }
        let complete = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        self.partial = bytes.split_off(complete);
        let text = String::from_utf8_lossy(&bytes);
        text.lines()
            .filter_map(|line| readable(self.component, line))
            .collect()
    }
}

/// A log line as it is shown; `None` for lines that are not.
fn readable(component: Component, line: &str) -> Option<String> {
    match component {
        _ if line.trim().is_empty() => None,
        Component::Mongo(_) => mongo_line(line),
        Component::Kafka | Component::Service(_) | Component::Edge => Some(line.to_owned()),
    }
}

/// Formats the warnings and errors of MongoDB's JSON log. Omits its startup warnings, such as the one
/// about missing authentication, which is intended here. Source:
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
    let is_startup_warning = entry["tags"]
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
    (!is_startup_warning).then_some(line)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn given_mongodbs_log_when_shown_then_only_warnings_and_errors_remain() {
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
    fn given_a_growing_log_when_read_then_lines_are_complete_and_continue_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.log");
        let mut log = Log {
            name: "orders".to_owned(),
            component: Component::Kafka,
            colour: Colour::Cyan,
            path: path.clone(),
            file: None,
            partial: Vec::new(),
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
