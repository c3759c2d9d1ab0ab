//! Processes of the shop: started with a mark that they can be known by, found again by other
//! commands, stopped.

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
    interrupts::Interrupts,
    layout::Component,
    state::{State, remove_file, replace},
};

/// The variables that a process of a shop is known by.
const NAME_MARK: &str = "SHOP_PROCESS";
const STATE_MARK: &str = "SHOP_STATE";

/// How long a process is given to end; longer than a service takes to finish what is under way.
const GRACE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
/// A program that hides its environment is not waited for any longer.
const VISIBLE_WITHIN: Duration = Duration::from_secs(1);

/// A process of the shop that runs, whoever started it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) name: String,
    pub(crate) pid: u32,
}

/// Starts a process of the shop, with its log and its pid file.
pub(crate) fn spawn(state: &State, name: &str, command: &mut Command) -> Result<Process> {
    command.env(NAME_MARK, name).env(STATE_MARK, state.root());
    let mut process = Process::spawn(name, command, &state.log(name))?;
    let written = remove_file(&stopping_file(state, name))
        .and_then(|()| replace(&pid_file(state, name), process.pid().to_string().as_bytes()));
    if let Err(error) = written {
        // Without its pid file nothing would find it again.
        process.kill()?;
        return Err(error);
    }
    wait_until_visible(state, &mut process)?;
    Ok(process)
}

/// A new program is told to have begun a moment before the kernel shows its environment; until then
/// its pid file would not be believed.
fn wait_until_visible(state: &State, process: &mut Process) -> Result<()> {
    let end = Instant::now() + VISIBLE_WITHIN;
    while running(state, process.name()).is_none()
        && process.exited()?.is_none()
        && Instant::now() < end
    {
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// The process of that name, if it runs.
pub(crate) fn running(state: &State, name: &str) -> Option<Running> {
    [pid_file(state, name), stopping_file(state, name)]
        .into_iter()
        .find_map(|file| {
            let pid = fs::read_to_string(file).ok()?.trim().parse().ok()?;
            let running = Running {
                name: name.to_owned(),
                pid,
            };
            running.is_there(state).then_some(running)
        })
}

/// The names of all processes that have a pid file and were not stopped since, whether they still
/// run or not.
pub(crate) fn names(state: &State) -> Result<Vec<String>> {
    let folder = state.run();
    let entries =
        fs::read_dir(&folder).with_context(|| format!("could not read {}", folder.display()))?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| {
            let file = entry.ok()?.file_name().into_string().ok()?;
            let name = file
                .strip_suffix(".pid")
                .or(file.strip_suffix(".stopping"))?;
            Component::of(name).map(|component| (component, name.to_owned()))
        })
        .collect();
    names.sort();
    names.dedup();
    Ok(names.into_iter().map(|(_, name)| name).collect())
}

/// Whether the process of that name ended without having been stopped.
pub(crate) fn died(state: &State, name: &str) -> bool {
    pid_file(state, name).exists() && running(state, name).is_none()
}

/// When the process of that name was started, as its pid file tells.
pub(crate) fn age(state: &State, name: &str) -> Option<Duration> {
    fs::metadata(pid_file(state, name))
        .ok()?
        .modified()
        .ok()?
        .elapsed()
        .ok()
}

/// Whether a process that is gone was stopped on purpose, by this command or another one.
pub(crate) fn was_stopped(state: &State, gone: &Running) -> bool {
    let pid = fs::read_to_string(pid_file(state, &gone.name)).ok();
    pid.is_none_or(|pid| pid.trim() != gone.pid.to_string())
}

impl Running {
    /// Whether it still runs, and the number has not passed to another process: a number alone
    /// proves nothing, so the process itself must say that it is the one.
    pub(crate) fn is_there(&self, state: &State) -> bool {
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
        if !self.is_there(state) {
            return Ok(());
        }
        match killpg(Pid::from_raw(self.pid.cast_signed()), signal) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| {
                format!("{} (process {}) could not be stopped", self.name, self.pid)
            }),
        }
    }
}

/// Stops processes stage by stage in the reverse order of starting: each is asked to end and given
/// time for it, then killed. Another Ctrl-C meanwhile says that there is no time: all are killed at
/// once.
pub(crate) fn stop(state: &State, processes: &[Running], interrupts: &Interrupts) -> Result<()> {
    let patience = interrupts.count();
    for stage in 0..=2 {
        let at_stage = |process: &&Running| {
            Component::of(&process.name).is_some_and(|one| one.stage() == stage)
        };
        let staged: Vec<_> = processes.iter().rev().filter(at_stage).collect();
        for process in &staged {
            announce_stop(state, process);
            process.signal(state, Signal::SIGTERM)?;
            // One that was paused must run to be able to end.
            process.signal(state, Signal::SIGCONT)?;
        }
        let deadline = Instant::now() + GRACE;
        let out_of_time = || Instant::now() > deadline || interrupts.count() > patience;
        let mut left = staged.clone();
        let mut killed = false;
        while !left.is_empty() {
            if out_of_time() && !killed {
                left.iter()
                    .try_for_each(|process| process.signal(state, Signal::SIGKILL))?;
                killed = true;
            }
            thread::sleep(POLL);
            left.retain(|process| process.is_there(state));
        }
        for process in staged {
            forget(state, process)?;
        }
    }
    Ok(())
}

/// Removes the pid file of a process that is gone, unless it is already another one's.
pub(crate) fn forget(state: &State, gone: &Running) -> Result<()> {
    remove_file(&stopping_file(state, &gone.name))?;
    if was_stopped(state, gone) {
        Ok(())
    } else {
        remove_file(&pid_file(state, &gone.name))
    }
}

/// Removes what is left of processes that do not run.
pub(crate) fn forget_all(state: &State, names: &[String]) -> Result<()> {
    for name in names.iter().filter(|name| running(state, name).is_none()) {
        remove_file(&pid_file(state, name))?;
        remove_file(&stopping_file(state, name))?;
    }
    Ok(())
}

/// Marks a process as one that is stopped on purpose, so that an `up` that watches it does not
/// report its death.
fn announce_stop(state: &State, process: &Running) {
    if !was_stopped(state, process) {
        // Only a message would be wrong without the mark.
        let _ = fs::rename(
            pid_file(state, &process.name),
            stopping_file(state, &process.name),
        );
    }
}

fn pid_file(state: &State, name: &str) -> PathBuf {
    state.run().join(format!("{name}.pid"))
}

fn stopping_file(state: &State, name: &str) -> PathBuf {
    state.run().join(format!("{name}.stopping"))
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
    fn a_process_is_found_by_its_name_and_only_in_its_own_state_folder() {
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
        assert!(died(&one, "orders"));
    }

    #[test]
    fn a_number_that_has_passed_to_a_stranger_is_neither_believed_nor_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(&folder);
        let mut stranger = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        fs::write(pid_file(&state, "orders"), stranger.id().to_string()).unwrap();
        assert_eq!(running(&state, "orders"), None);

        let claimed = Running {
            name: "orders".to_owned(),
            pid: stranger.id(),
        };
        stop(&state, &[claimed], &Interrupts::none()).unwrap();
        assert!(stranger.try_wait().unwrap().is_none());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }

    #[test]
    fn what_was_stopped_has_not_died_and_leaves_no_pid_file() {
        let folder = tempfile::tempdir().unwrap();
        let state = state(&folder);
        let children = ["kafka", "orders", "gateway"].map(|name| started(&state, name));
        let processes = children.each_ref().map(|child| Running {
            name: child.name().to_owned(),
            pid: child.pid(),
        });
        assert_eq!(names(&state).unwrap(), ["kafka", "orders", "gateway"]);

        stop(&state, &processes, &Interrupts::none()).unwrap();
        for process in &processes {
            assert!(was_stopped(&state, process));
            assert!(!died(&state, &process.name));
        }
        assert!(names(&state).unwrap().is_empty());
    }
}
