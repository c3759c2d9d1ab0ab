//! Environment variables, typed and parsed once.
//!
//! Each service declares its settings as one `clap` struct whose arguments all have an `env`
//! name. [`parse`] reads it; [`document`] makes the table in `docs/settings.md` from it.

use std::fmt::Write as _;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser};

/// The settings that every service has.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Log lines for people (`text`) or for machines (`json`).
    #[arg(long, env = "LOG_FORMAT", default_value = "json")]
    pub log_format: LogFormat,
    /// What is logged, in the syntax of `tracing`'s `EnvFilter`.
    #[arg(long, env = "LOG_LEVEL", default_value = "info,rdkafka=off")]
    pub log_level: String,
    /// How long a service goes on accepting after it has said that it is no longer ready.
    #[arg(long, env = "DRAIN_DELAY", default_value = "0s", value_parser = duration)]
    pub drain_delay: Duration,
    /// How long requests under way may take to finish at shutdown before they are cut.
    #[arg(long, env = "DRAIN_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub drain_timeout: Duration,
    /// Time for a client to send a request's whole head; also how long an idle connection lives.
    #[arg(long, env = "HEADER_TIMEOUT", default_value = "30s", value_parser = duration)]
    pub header_timeout: Duration,
    /// How long a client may take nothing of its answer before its connection is closed.
    #[arg(long, env = "WRITE_TIMEOUT", default_value = "30s", value_parser = duration)]
    pub write_timeout: Duration,
    /// Offer `GET /api/NAME_error`, which ends the process so that one sees what the shop does
    /// then, to admins.
    #[arg(long, env = "CHAOS_ENDPOINTS", default_value_t = false, action = clap::ArgAction::Set)]
    pub chaos_endpoints: bool,
    /// Asks the service that runs here whether it is ready, and ends with 0 if it is.
    #[arg(long)]
    pub healthcheck: bool,
}

/// How log lines look.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Readable lines.
    Text,
    /// One JSON object a line.
    Json,
}

/// Reads the settings from the environment and the command line, or ends the process with a
/// sentence that names the setting that is wrong.
pub fn parse<S: Parser>() -> S {
    S::try_parse().unwrap_or_else(|error| {
        let _ = error.print();
        std::process::exit(i32::from(error.use_stderr()))
    })
}

/// Reads a length of time such as `250ms`, `5s` or `15m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let refused = || format!("'{text}' is not a length of time such as 250ms, 5s or 15m");
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| refused())?;
    Duration::try_from(parsed).map_err(|_| refused())
}

/// The settings of `S` as the rows of a Markdown table: name, default, meaning.
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
    fn given_lengths_of_time_when_read_then_only_sensible_ones_pass() {
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
