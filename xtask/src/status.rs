//! `cargo xtask status`: what runs, where, and how it is.

use std::{fs, process::ExitCode, time::Duration};

use anyhow::Result;
use backing_services::Readiness;

use crate::{
    console::{Colour, paint, say, short, table},
    layout::{Component, Member},
    process::{self, Running},
    readiness,
    state::{State, StateArgument},
};

/// The command line of `status`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    state: StateArgument,
}

/// Prints a table of the shop's processes.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let state = arguments.state.open()?;
    let members = members(&state)?;
    if members.is_empty() {
        say(format_args!(
            "no shop was ever started in {}; `cargo xtask up` starts one",
            short(state.root())
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let heading = ["NAME", "PID", "PORT", "STATE", "MEMORY", "UP"]
        .map(str::to_owned)
        .to_vec();
    let mut rows = vec![heading];
    rows.extend(members.iter().map(|member| row(&state, member)));
    let lines = table(&rows);
    for (line, row) in lines.iter().zip(&rows) {
        match row[3].as_str() {
            // Only whole lines: colour within a cell would count as width.
            "not ready" => say(paint(Colour::Yellow, line)),
            "died" => say(paint(Colour::Red, line)),
            "down" => say(paint(Colour::Grey, line)),
            _ => say(line),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What was started here, in the order of starting.
fn members(state: &State) -> Result<Vec<Member>> {
    let ports = state.record()?.unwrap_or_default().ports;
    let member = |(name, port): (String, u16)| {
        Some(Member {
            component: Component::of(&name)?,
            name,
            port,
        })
    };
    let mut members: Vec<_> = ports.into_iter().filter_map(member).collect();
    members.sort_by(|one, other| (one.component, &one.name).cmp(&(other.component, &other.name)));
    Ok(members)
}

fn row(state: &State, member: &Member) -> Vec<String> {
    let none = || "-".to_owned();
    let running = process::running(state, &member.name);
    let health = match &running {
        Some(_) if readiness::of(state, member) == Readiness::Ready => "ready",
        Some(_) => "not ready",
        None if process::died(state, &member.name) => "died",
        None => "down",
    };
    let pid = running.as_ref().map(|process| process.pid.to_string());
    let memory = running.as_ref().and_then(memory);
    let up = running
        .and_then(|_| process::age(state, &member.name))
        .map(for_people);
    vec![
        member.name.clone(),
        pid.unwrap_or_else(none),
        member.port.to_string(),
        health.to_owned(),
        memory.unwrap_or_else(none),
        up.unwrap_or_else(none),
    ]
}

/// How much memory of the machine a process occupies (`VmRSS` in proc(5)).
fn memory(process: &Running) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid)).ok()?;
    let kilobytes: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()?;
    Some(format!("{} MB", kilobytes / 1024))
}

/// A length of time in its two largest units.
fn for_people(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_said_in_its_two_largest_units() {
        let texts = [59, 61, 3_700, 90_000].map(|seconds| for_people(Duration::from_secs(seconds)));
        assert_eq!(texts, ["59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
    }
}
