//! The processes of a shop and their pid files, by which every command finds and stops them.
//!
//! `run/NAME.pid` contains the process id, followed by `stopping` once a command has begun to stop the
//! process. A pid file is valid only while the process has the shop's marks in its environment, because
//! the system reuses process ids.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use backing_services::Process;
use nix::{
    errno::Errno,
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::{
    interrupt,
    layout::Component,
    state::{State, remove_file, replace},
};

/// The environment variables that mark a process of a shop.
const NAME_MARK: &str = "SHOP_PROCESS";
const STATE_MARK: &str = "SHOP_STATE";
const STOPPING: &str = " stopping";

/// How long a process may take to exit after SIGTERM; longer than a service needs to drain.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How long to wait for the environment of a new process, which some programs hide.
const MARKS_TIMEOUT: Duration = Duration::from_secs(1);

/// A process of a shop that a command has started, this one or another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShopProcess {
    pub(crate) name: String,
    pub(crate) pid: u32,
}

impl From<&Process> for ShopProcess {
    fn from(child: &Process) -> Self {
        Self {
            name: child.name().to_owned(),
            pid: child.pid(),
        }
    }
}

/// Starts a process of the shop, with its log and its pid file.
pub(crate) fn spawn(state: &State, name: &str, command: &mut Command) -> Result<Process> {
    command.env(NAME_MARK, name).env(STATE_MARK, state.root());
    let mut child = Process::spawn(name, command, &state.log(name))?;
    if let Err(error) = replace(&pid_file(state, name), child.pid().to_string().as_bytes()) {
        // Without a pid file no command would find it.
        child.kill()?;
        return Err(error);
    }
    // The kernel shows the environment of a new program with a delay.
    let process = ShopProcess::from(&child);
    let deadline = Instant::now() + MARKS_TIMEOUT;
    while !process.is_running(state) && child.exited()?.is_none() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(child)
}

/// The process of that name, if it runs.
pub(crate) fn running(state: &State, name: &str) -> Option<ShopProcess> {
    let content = fs::read_to_string(pid_file(state, name)).ok()?;
    let process = ShopProcess {
        name: name.to_owned(),
        pid: content.split_whitespace().next()?.parse().ok()?,
    };
    process.is_running(state).then_some(process)
}

/// All running processes, in the order of starting.
pub(crate) fn all_running(state: &State) -> Result<Vec<ShopProcess>> {
    let names = names(state)?;
    Ok(names
        .iter()
        .filter_map(|name| running(state, name))
        .collect())
}

/// Whether the process of that name ended without having been stopped.
pub(crate) fn has_died(state: &State, name: &str) -> bool {
    fs::read_to_string(pid_file(state, name)).is_ok_and(|content| !content.ends_with(STOPPING))
        && running(state, name).is_none()
}

/// How long ago the process of that name was started.
pub(crate) fn uptime(state: &State, name: &str) -> Option<Duration> {
    let file = fs::metadata(pid_file(state, name)).ok()?;
    file.modified().ok()?.elapsed().ok()
}

/// Whether a process that has ended was stopped by a command, this one or another.
pub(crate) fn was_stopped(state: &State, ended: &ShopProcess) -> bool {
    let content = fs::read_to_string(pid_file(state, &ended.name)).ok();
    content.is_none_or(|content| content.trim() != ended.pid.to_string())
}

/// Stops processes stage by stage, the entry points first: SIGTERM, then SIGKILL after a timeout. A
/// further Ctrl-C kills all of them immediately.
pub(crate) fn stop(state: &State, processes: &[ShopProcess]) -> Result<()> {
    let interrupts = interrupt::count();
    for stage in 0..=2 {
        let is_in_stage = |process: &&ShopProcess| {
            Component::from_name(&process.name).is_some_and(|one| one.stop_stage() == stage)
        };
        let staged: Vec<_> = processes.iter().rev().filter(is_in_stage).collect();
        for process in &staged {
            process.mark_stopping(state);
            process.signal(state, Signal::SIGTERM)?;
            // A paused process cannot handle SIGTERM.
            process.signal(state, Signal::SIGCONT)?;
        }
        let deadline = Instant::now() + STOP_TIMEOUT;
        let mut left = staged.clone();
        let mut killed = false;
        while !left.is_empty() {
            if !killed && (Instant::now() > deadline || interrupt::count() > interrupts) {
                left.iter()
                    .try_for_each(|process| process.signal(state, Signal::SIGKILL))?;
                killed = true;
            }
            thread::sleep(POLL_INTERVAL);
            left.retain(|process| process.is_running(state));
        }
        for process in staged {
            process.remove_pid_file(state)?;
        }
    }
    Ok(())
}

/// Removes the pid files of processes that do not run.
pub(crate) fn remove_stale_pid_files(state: &State) -> Result<()> {
    for name in names(state)? {
        if running(state, &name).is_none() {
            remove_file(&pid_file(state, &name))?;
        }
    }
    Ok(())
}

impl ShopProcess {
    /// Whether it still runs, and its id does not belong to another process.
    pub(crate) fn is_running(&self, state: &State) -> bool {
        let environment = fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        let has = |name: &str, value: &[u8]| {
            let entry = [name.as_bytes(), b"=", value].concat();
            environment
                .split(|byte| *byte == 0)
                .any(|other| other == entry)
        };
        has(NAME_MARK, self.name.as_bytes())
            && has(STATE_MARK, state.root().as_os_str().as_encoded_bytes())
    }

    fn signal(&self, state: &State, signal: Signal) -> Result<()> {
        if !self.is_running(state) {
            return Ok(());
        }
        match killpg(Pid::from_raw(self.pid.cast_signed()), signal) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error)
                .with_context(|| format!("cannot stop {} (process {})", self.name, self.pid)),
        }
    }

    /// Marks it as stopped on purpose, so that no `up` reports its death.
    fn mark_stopping(&self, state: &State) {
        if !was_stopped(state, self) {
            // Without the mark only that report would be wrong.
            let content = format!("{}{STOPPING}", self.pid);
            let _ = replace(&pid_file(state, &self.name), content.as_bytes());
        }
    }

    /// Removes its pid file, unless another process has replaced it.
    fn remove_pid_file(&self, state: &State) -> Result<()> {
        let path = pid_file(state, &self.name);
        let content = fs::read_to_string(&path).unwrap_or_default();
        if content.split_whitespace().next() == Some(self.pid.to_string().as_str()) {
            remove_file(&path)?;
        }
        Ok(())
    }
}

/// The names of all pid files, in the order of starting.
fn names(state: &State) -> Result<Vec<String>> {
    let folder = state.run();
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let file = entry.ok()?.file_name().into_string().ok()?;
        let name = file.strip_suffix(".pid")?.to_owned();
        Some((Component::from_name(&name)?, name))
    };
    let mut names: Vec<_> = entries.filter_map(name).collect();
    names.sort();
    Ok(names.into_iter().map(|(_, name)| name).collect())
}

fn pid_file(state: &State, name: &str) -> PathBuf {
    state.run().join(format!("{name}.pid"))
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;
    use crate::state::StateArgument;

    fn state(folder: &tempfile::TempDir) -> State {
        StateArgument::at(folder.path()).open().unwrap()
    }

    fn started(state: &State, name: &str) -> Process {
        spawn(state, name, Command::new("sleep").arg("1000")).unwrap()
    }

    #[test]
    fn given_two_state_folders_when_searched_then_a_process_is_found_only_by_its_name_and_folder() {
        let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let (one, other) = (state(&one), state(&other));
        let mut process = started(&one, "orders");
        assert_eq!(running(&one, "orders").unwrap().pid, process.pid());

        for (folder, name) in [(&one, "products"), (&other, "orders")] {
            fs::write(pid_file(folder, name), process.pid().to_string()).unwrap();
            assert_eq!(running(folder, name), None, "{name}");
        }
        process.kill().unwrap();
        assert_eq!(running(&one, "orders"), None);
        assert!(has_died(&one, "orders"));
    }

    #[test]
    fn given_a_reused_process_id_when_stopped_then_the_other_process_keeps_running() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(&folder);
        let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        fs::write(pid_file(&state, "orders"), other.id().to_string()).unwrap();
        assert_eq!(running(&state, "orders"), None);

        let claimed = ShopProcess {
            name: "orders".to_owned(),
            pid: other.id(),
        };
        stop(&state, &[claimed]).unwrap();
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn given_running_processes_when_stopped_then_they_have_not_died_and_leave_no_pid_file() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(&folder);
        let children = ["kafka", "orders", "gateway"].map(|name| started(&state, name));
        let processes = children.each_ref().map(ShopProcess::from);
        assert_eq!(names(&state).unwrap(), ["kafka", "orders", "gateway"]);

        stop(&state, &processes).unwrap();
        for process in &processes {
            assert!(was_stopped(&state, process));
            assert!(!has_died(&state, &process.name));
        }
        assert!(names(&state).unwrap().is_empty());
    }
}
