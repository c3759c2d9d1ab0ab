//! `cargo xtask status`: the shop's processes, their ports and their health.

use std::{collections::BTreeMap, fs, time::Duration};

use anstyle::{AnsiColor, Style};
use backing_services::Readiness;
use nix::unistd::Pid;

use crate::{
    console::{relative, table},
    launch::readiness,
    layout::Instance,
    processes::running,
    state::State,
};

/// Prints a table of the shop's processes.
pub(crate) fn run(state: &State) {
    let Some(shop) = state.shop() else {
        let folder = relative(&state.root);
        print_line!("no shop was started in {folder}; start one with `cargo xtask up`");
        return;
    };
    let running = running(state);
    let instances = shop.instances.iter();
    let rows: Vec<_> = instances.map(|one| row(state, one, &running)).collect();
    let lines = table(["NAME", "PID", "PORT", "STATE", "MEMORY", "UP"], &rows);
    print_line!("{}", lines[0]);
    for (line, row) in lines[1..].iter().zip(&rows) {
        let colour = match row[3].as_str() {
            "not ready" => Some(AnsiColor::Yellow.into()),
            "died" => Some(AnsiColor::Red.into()),
            "down" => Some(AnsiColor::BrightBlack.into()),
            _ => None,
        };
        // Whole lines are coloured, because colours within a cell would count as width.
        let style = Style::new().fg_color(colour);
        print_line!("{style}{line}{style:#}");
    }
}

fn row(state: &State, instance: &Instance, running: &BTreeMap<String, Pid>) -> [String; 6] {
    let none = || "-".to_owned();
    let pid = running.get(&instance.name);
    let started = fs::metadata(state.pid_file(&instance.name)).and_then(|file| file.modified());
    let health = match pid {
        Some(_) if readiness(state, instance) == Readiness::Ready => "ready",
        Some(_) => "not ready",
        None if started.is_ok() => "died",
        None => "down",
    };
    let uptime = started.ok().and_then(|started| started.elapsed().ok());
    [
        instance.name.clone(),
        pid.map_or_else(none, Pid::to_string),
        instance.port.to_string(),
        health.to_owned(),
        pid.and_then(|pid| memory(*pid)).unwrap_or_else(none),
        uptime
            .filter(|_| pid.is_some())
            .map_or_else(none, format_duration),
    ]
}

/// The resident memory of a process (`VmRSS` in proc(5)).
fn memory(pid: Pid) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
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
