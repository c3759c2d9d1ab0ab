//! The processes of a shop: finding, starting and stopping them.
//!
//! Every process has its name and the state folder in its environment, where each command finds it,
//! whichever command has started it. The pid file of a process is written at its start and removed
//! before it is stopped: a pid file without a process means that the process died.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use backing_services::{Process, signal_group};
use nix::{
    sys::signal::Signal,
    unistd::{Pid, getpgid},
};

use crate::{
    interrupt,
    layout::{Component, Phase},
    state::{State, ignore_missing},
};

/// The environment variable that marks a process of a shop: `NAME@FOLDER`.
const MARK: &str = "SHOP_PROCESS";
/// How long a process may take to exit after SIGTERM; longer than a service needs to drain.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
/// How long to wait for the environment of a new process to be visible.
const MARK_TIMEOUT: Duration = Duration::from_secs(1);
const POLL_INTERVAL: Duration = Duration::from_millis(30);

/// The running processes of a shop by name, each with its process group, whose id is that of the
/// process.
pub(crate) fn running(state: &State) -> BTreeMap<String, Pid> {
    let root = state.root.to_string_lossy();
    let find = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        // Empty for a process that has exited and whose parent has not read its exit status.
        let environment = fs::read(entry.path().join("environ")).ok()?;
        let environment = String::from_utf8_lossy(&environment);
        let mut variables = environment
            .split('\0')
            .filter_map(|one| one.split_once('='));
        let (_, mark) = variables.find(|(name, _)| *name == MARK)?;
        let (name, _) = mark.split_once('@').filter(|(_, folder)| *folder == root)?;
        Some((name.to_owned(), getpgid(Some(Pid::from_raw(pid))).ok()?))
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(find).collect()
}

/// Stops all processes of a shop, and forgets those that died. Returns whether any was running.
pub(crate) fn stop_all(state: &State) -> Result<bool> {
    let recorded = state.shop().into_iter().flat_map(|shop| shop.instances);
    let names = recorded.map(|instance| instance.name);
    stop_and_print(
        state,
        &names.chain(running(state).into_keys()).collect::<Vec<_>>(),
    )
}

/// Stops processes and prints their names. Returns whether any was running.
pub(crate) fn stop_and_print(state: &State, names: &[String]) -> Result<bool> {
    let mut running: Vec<_> = running(state).into_keys().collect();
    running.retain(|name| names.contains(name));
    running.sort_by_key(|name| std::cmp::Reverse(Component::of(name)));
    if !running.is_empty() {
        print_line!(
            "stopping {} (Ctrl-C kills them immediately)",
            running.join(", ")
        );
    }
    stop(state, names)?;
    Ok(!running.is_empty())
}

/// Stops processes phase by phase, the last first: SIGTERM, then SIGKILL after a timeout. A further
/// Ctrl-C kills all of them immediately.
pub(crate) fn stop(state: &State, names: &[String]) -> Result<()> {
    let interrupts = interrupt::count();
    for name in names {
        let file = state.pid_file(name);
        ignore_missing(fs::remove_file(&file))
            .with_context(|| format!("cannot remove {}", file.display()))?;
    }
    for phase in Phase::ALL.into_iter().rev() {
        let is_due = |name: &String| {
            // Another version of this program can have started a process with an unknown name.
            let stopped_in = Component::of(name).map_or(Phase::Services, Component::phase);
            names.contains(name) && stopped_in == phase
        };
        let left = || running(state).into_iter().filter(|(name, _)| is_due(name));
        let send = |signal| left().try_for_each(|(name, group)| signal_group(&name, group, signal));
        send(Signal::SIGTERM)?;
        // A paused process cannot handle SIGTERM.
        send(Signal::SIGCONT)?;
        let deadline = Instant::now() + STOP_TIMEOUT;
        while left().next().is_some() {
            if Instant::now() > deadline || interrupt::count() > interrupts {
                send(Signal::SIGKILL)?;
            }
            thread::sleep(POLL_INTERVAL);
        }
    }
    Ok(())
}

/// Starts a process of the shop, with its mark, its log and its pid file.
pub(crate) fn spawn(state: &State, name: &str, command: &mut Command) -> Result<Process> {
    command.env(MARK, format!("{name}@{}", state.root.display()));
    let mut child = Process::spawn(name, command, &state.log(name))?;
    let file = state.pid_file(name);
    if let Err(error) = fs::write(&file, child.pid().to_string()) {
        child.kill()?;
        return Err(error).with_context(|| format!("cannot write {}", file.display()));
    }
    // The kernel shows the environment of a new program with a delay.
    let deadline = Instant::now() + MARK_TIMEOUT;
    while !running(state).contains_key(name)
        && child.exited()?.is_none()
        && Instant::now() < deadline
    {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(child)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(folder: &tempfile::TempDir) -> State {
        State::at(folder.path()).create().unwrap()
    }

    fn started(state: &State, name: &str) -> Process {
        spawn(state, name, Command::new("sleep").arg("1000")).unwrap()
    }

    #[test]
    fn given_two_state_folders_when_searched_then_a_process_is_found_only_in_its_own_until_it_ends()
    {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let (one, other) = (state(&one), state(&other));
        let mut process = started(&one, "orders");
        let pid = Pid::from_raw(process.pid().cast_signed());
        assert_eq!(running(&one), BTreeMap::from([("orders".to_owned(), pid)]));
        assert!(running(&other).is_empty());
        process.kill().unwrap();
        assert!(running(&one).is_empty());
        // It died: no command has stopped it.
        assert!(one.pid_file("orders").exists());
    }

    #[test]
    fn given_a_pid_file_with_a_reused_process_id_when_stopped_then_the_other_process_keeps_running()
    {
        let folder = tempfile::tempdir().unwrap();
        let state = state(&folder);
        let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
        fs::write(state.pid_file("orders"), other.id().to_string()).unwrap();
        stop(&state, &["orders".to_owned()]).unwrap();
        assert!(other.try_wait().unwrap().is_none());
        assert!(!state.pid_file("orders").exists());
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn given_running_processes_when_some_are_stopped_then_the_others_run_and_no_pid_file_of_them_is_left()
     {
        let folder = tempfile::tempdir().unwrap();
        let state = state(&folder);
        let _children = ["kafka", "orders-2", "gateway"].map(|name| started(&state, name));
        stop(&state, &["orders-2".to_owned()]).unwrap();
        assert!(running(&state).into_keys().eq(["gateway", "kafka"]));
        assert!(!state.pid_file("orders-2").exists());
        stop_all(&state).unwrap();
        assert!(running(&state).is_empty());
        assert!(!state.pid_file("kafka").exists());
    }

    #[test]
    fn given_a_process_with_an_unknown_name_when_all_are_stopped_then_it_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(&folder);
        let _child = started(&state, "unknown");
        assert!(stop_all(&state).unwrap());
        assert!(running(&state).is_empty());
    }
}
