//! `cargo xtask status`: the shop's processes, their ports and their health.

use std::{fs, process::ExitCode, time::Duration};

use anyhow::Result;
use backing_services::Readiness;

use crate::{
    console::{Colour, paint, print, relative, table},
    layout::{Component, Instance},
    state::{State, StateArgument},
    supervisor::{
        processes::{self, ShopProcess},
        readiness::readiness,
    },
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
    let instances = instances(&state)?;
    if instances.is_empty() {
        print(format_args!(
            "no shop was started in {}; start one with `cargo xtask up`",
            relative(state.root())
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let heading = ["NAME", "PID", "PORT", "STATE", "MEMORY", "UP"]
        .map(str::to_owned)
        .to_vec();
    let mut rows = vec![heading];
    rows.extend(instances.iter().map(|instance| row(&state, instance)));
    let lines = table(&rows);
    for (line, row) in lines.iter().zip(&rows) {
        match row[3].as_str() {
            // Whole lines are coloured, because colours within a cell would count as width.
            "not ready" => print(paint(Colour::Yellow, line)),
            "died" => print(paint(Colour::Red, line)),
            "down" => print(paint(Colour::Grey, line)),
            _ => print(line),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The processes that were started here, in the order of starting.
fn instances(state: &State) -> Result<Vec<Instance>> {
    let ports = state.record()?.unwrap_or_default().ports;
    let instance = |(name, port): (String, u16)| {
        Some(Instance {
            component: Component::from_name(&name)?,
            name,
            port,
        })
    };
    let mut instances: Vec<_> = ports.into_iter().filter_map(instance).collect();
    instances.sort_by(|one, other| (one.component, &one.name).cmp(&(other.component, &other.name)));
    Ok(instances)
}

fn row(state: &State, instance: &Instance) -> Vec<String> {
    let none = || "-".to_owned();
    let running = processes::running(state, &instance.name);
    let health = match &running {
        Some(_) if readiness(state, instance) == Readiness::Ready => "ready",
        Some(_) => "not ready",
        None if processes::has_died(state, &instance.name) => "died",
        None => "down",
    };
    let pid = running.as_ref().map(|process| process.pid.to_string());
    let memory = running.as_ref().and_then(memory);
    let uptime = running
        .and_then(|_| processes::uptime(state, &instance.name))
        .map(format_duration);
    vec![
        instance.name.clone(),
        pid.unwrap_or_else(none),
        instance.port.to_string(),
        health.to_owned(),
        memory.unwrap_or_else(none),
        uptime.unwrap_or_else(none),
    ]
}

/// The resident memory of a process (`VmRSS` in proc(5)).
fn memory(process: &ShopProcess) -> Option<String> {
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

/// Formats a duration in its two largest units.
fn format_duration(duration: Duration) -> String {
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
    fn given_durations_when_formatted_then_they_have_their_two_largest_units() {
        let texts =
            [59, 61, 3_700, 90_000].map(|seconds| format_duration(Duration::from_secs(seconds)));
        assert_eq!(texts, ["59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
    }
}
