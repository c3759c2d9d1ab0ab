//! The logs of all processes as one stream of lines.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use anstyle::AnsiColor;
use serde_json::Value;

use crate::{console::paint, layout::Instance, state::State};

const COLOURS: [AnsiColor; 6] = {
    use AnsiColor::{Blue, BrightBlack, Cyan, Green, Magenta, Yellow};
    [Cyan, Green, Yellow, Blue, Magenta, BrightBlack]
};
/// How many lines of a process that exited are shown.
const LAST_LINES: usize = 20;

/// The logs of a shop's processes, each with its coloured prefix.
pub(crate) struct Logs(Vec<(String, Log)>);

/// A log that is followed as it grows.
#[derive(Default)]
struct Log {
    path: PathBuf,
    file: Option<File>,
    /// The beginning of an incomplete line.
    partial: Vec<u8>,
}

impl Logs {
    /// Follows the logs of all processes: from the start for those that this command has started,
    /// from the end for the others.
    pub(crate) fn follow(state: &State, instances: &[Instance], own: &[String]) -> Self {
        let names = instances.iter().map(|instance| &instance.name);
        let width = names.clone().map(String::len).max().unwrap_or(0);
        let log = |(name, colour): (&String, AnsiColor)| {
            let mut log = Log {
                path: state.log(name),
                ..Log::default()
            };
            if !own.contains(name)
                && let Ok(mut file) = File::open(&log.path)
            {
                // After an error, only too many lines are shown.
                let _ = file.seek(SeekFrom::End(0));
                log.file = Some(file);
            }
            (paint(colour, format_args!("{name:<width$} |")), log)
        };
        Self(names.zip(COLOURS.into_iter().cycle()).map(log).collect())
    }

    /// Prints the lines that were added since the last call.
    pub(crate) fn print_new_lines(&mut self) {
        for (prefix, log) in &mut self.0 {
            for line in log.new_lines().lines().filter_map(readable) {
                print_line!("{prefix} {line}");
            }
        }
    }
}

impl Log {
    /// Reads the complete new lines. Ignores errors: the next call tries again.
    fn new_lines(&mut self) -> String {
        let inode = |file: &File| file.metadata().ok().map(|data| data.ino());
        // After a restart the log is a new file; the old one is read to its end.
        let open = self.file.as_ref().and_then(inode);
        let mut new = File::open(&self.path).ok();
        new = new.filter(|new| inode(new) != open);
        let mut bytes = std::mem::take(&mut self.partial);
        for file in self.file.iter_mut().chain(&mut new) {
            let _ = file.read_to_end(&mut bytes);
        }
        self.file = new.or(self.file.take());
        let end = bytes.iter().rposition(|byte| *byte == b'\n');
        self.partial = bytes.split_off(end.map_or(0, |end| end + 1));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The last lines of the log of a process that exited.
pub(crate) fn last_lines(log: &Path) -> String {
    let text = backing_services::last_lines(log, 200);
    let lines: Vec<_> = text.lines().filter_map(readable).collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// A log line as it is shown; `None` for lines that are not.
///
/// Formats the warnings and errors of MongoDB's JSON log. Omits its startup warnings, such as the one
/// about missing authentication, which is intended here. Source:
/// <https://www.mongodb.com/docs/manual/reference/log-messages/>.
fn readable(line: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let severity = match entry["s"].as_str() {
        None => return (!line.trim().is_empty()).then(|| line.to_owned()),
        Some("W") => "WARN ",
        Some("E") => "ERROR",
        Some("F") => "FATAL",
        Some(_) => return None,
    };
    if entry["tags"].to_string().contains("startupWarnings") {
        return None;
    }
    let attributes = match &entry["attr"] {
        Value::Null => String::new(),
        attributes => format!(" {attributes}"),
    };
    let [time, component, message] = [&entry["t"]["$date"], &entry["c"], &entry["msg"]].map(text);
    Some(format!(
        "{time} {severity} {component}: {message}{attributes}"
    ))
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::*;

    #[test]
    fn given_mongodbs_log_when_shown_then_only_warnings_and_errors_remain() {
        let shown = |severity: &str, more: &str| {
            readable(&format!(
                r#"{{"t":{{"$date":"2026-01-01T00:00:00Z"}},"s":"{severity}","c":"REPL","msg":"Lost it"{more}}}"#
            ))
        };
        assert_eq!(shown("I", ""), None);
        assert_eq!(shown("W", r#","tags":["startupWarnings"]"#), None);
        assert_eq!(
            shown("E", r#","attr":{"why":"gone"}"#).unwrap(),
            r#"2026-01-01T00:00:00Z ERROR REPL: Lost it {"why":"gone"}"#
        );
        assert_eq!(readable("terminate called").unwrap(), "terminate called");
        assert_eq!(readable(" "), None);
    }

    #[test]
    fn given_a_growing_log_when_read_then_lines_are_complete_and_continue_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.log");
        let mut log = Log {
            path: path.clone(),
            ..Log::default()
        };
        assert_eq!(log.new_lines(), "");

        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(log.new_lines(), "one\n");
        file.write_all(b"o\nthree\n").unwrap();
        fs::rename(&path, path.with_added_extension("previous")).unwrap();
        fs::write(&path, "four\n").unwrap();
        assert_eq!(log.new_lines(), "two\nthree\nfour\n");
        assert_eq!(log.new_lines(), "");
    }
}
