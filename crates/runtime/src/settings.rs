//! Settings from environment variables, typed and parsed once.
//!
//! Each service declares its settings as one `clap` struct whose arguments all have an `env`
//! name. [`parse`] reads it; [`document`] renders it as a table of `docs/settings.md`.

use std::fmt::Write as _;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser};
use tls::TlsSettings;

use crate::exposure::Exposure;

/// The settings of every service.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Log format: `text` for reading, `json` for log collectors.
    #[arg(long, env = "LOG_FORMAT", default_value = "json")]
    pub log_format: LogFormat,
    /// Log filter, in the syntax of `tracing`'s `EnvFilter`, such as `info,orders=debug`.
    #[arg(long, env = "LOG_LEVEL", default_value = "info,rdkafka=off")]
    pub log_level: String,
    /// How long a service still accepts connections at shutdown after its readiness turned false.
    #[arg(long, env = "DRAIN_DELAY", default_value = "0s", value_parser = duration)]
    pub drain_delay: Duration,
    /// How long running requests may take at shutdown before their connections are closed.
    #[arg(long, env = "DRAIN_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub drain_timeout: Duration,
    /// Timeout for receiving a request's headers; also the idle timeout of a connection.
    #[arg(long, env = "HEADER_TIMEOUT", default_value = "30s", value_parser = duration)]
    pub header_timeout: Duration,
    /// Timeout for a client that does not read its response; then its connection is closed.
    #[arg(long, env = "WRITE_TIMEOUT", default_value = "30s", value_parser = duration)]
    pub write_timeout: Duration,
    /// The certificates between the services.
    #[command(flatten)]
    pub tls: TlsSettings,
    /// Who can reach the shop, and what is only for its developer.
    #[command(flatten)]
    pub exposure: Exposure,
    /// Check whether the running service is ready: exit code 0 if it is, 1 otherwise.
    #[arg(long)]
    pub healthcheck: bool,
}

/// The format of log lines.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// A text is not a duration.
#[derive(Debug, thiserror::Error)]
#[error("'{text}' is not a duration such as 250ms, 5s or 15m")]
pub struct InvalidDuration {
    text: String,
    source: jiff::Error,
}

/// Reads the settings from the environment and the command line. Ends the process with a message
/// that names the invalid setting.
pub fn parse<S: Parser>() -> S {
    S::try_parse().unwrap_or_else(|error| {
        let _ = error.print();
        std::process::exit(i32::from(error.use_stderr()))
    })
}

/// Parses a duration such as `250ms`, `5s` or `15m`.
pub fn duration(text: &str) -> Result<Duration, InvalidDuration> {
    text.parse::<jiff::SignedDuration>()
        .and_then(Duration::try_from)
        .map_err(|source| InvalidDuration {
            text: text.to_owned(),
            source,
        })
}

/// Renders the settings of `S` as a Markdown table: name, default, meaning.
pub fn document<S: CommandFactory>() -> String {
    let mut rows = String::from("| variable | default | meaning |\n|---|---|---|\n");
    for argument in S::command().get_arguments() {
        let Some(name) = argument.get_env().and_then(|name| name.to_str()) else {
            continue;
        };
        let default = argument
            .get_default_values()
            .first()
            .and_then(|value| value.to_str())
            .map_or_else(|| "—".to_owned(), |value| format!("`{value}`"));
        let meaning = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(rows, "| `{name}` | {default} | {meaning} |");
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_durations_when_parsed_then_only_valid_ones_pass() {
        let check = |text: &str, expected: Option<Duration>| {
            assert_eq!(duration(text).ok(), expected, "{text}");
        };
        check("250ms", Some(Duration::from_millis(250)));
        check("15m", Some(Duration::from_mins(15)));
        check("5", None);
        check("-5s", None);
        check("", None);
        check("soon", None);
    }
}
