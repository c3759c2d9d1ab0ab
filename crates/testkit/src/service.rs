//! One service as a child process.

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use backing_services::{Process, last_lines};
use nix::sys::signal::Signal;

use crate::release::Release;
use crate::servers::scratch_directory;
use crate::settings::{Settings, local_url};

/// A replica of a service: its settings, and its process while it runs.
#[derive(Debug)]
pub(crate) struct Service {
    /// The name of the executable.
    program: String,
    /// The release that the next start runs.
    release: Mutex<Release>,
    /// The service's name, with `-2`, `-3`, … for further replicas.
    pub(crate) name: String,
    port: u16,
    /// The port at which a client without TLS reaches it, if that is another one.
    pub(crate) front: Option<u16>,
    settings: Settings,
    /// The beginning of the names of its log and pid files.
    file_prefix: String,
    starts: AtomicU32,
    process: Mutex<Option<Process>>,
}

impl Service {
    pub(crate) fn new(id: &str, service: &str, name: &str, port: u16, settings: Settings) -> Self {
        Self {
            program: service.to_owned(),
            release: Mutex::new(Release::current()),
            name: name.to_owned(),
            port,
            front: None,
            settings,
            file_prefix: format!("{id}-{name}"),
            starts: AtomicU32::new(0),
            process: Mutex::new(None),
        }
    }

    pub(crate) fn url(&self) -> String {
        local_url("http", self.front.unwrap_or(self.port))
    }

    /// Host and port on which it listens itself.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs the program with `--healthcheck`, with the settings of the running service.
    pub(crate) fn check_health(&self) -> Output {
        let mut command = Command::new(lock(&self.release).program(&self.program));
        command.env_clear().envs(inherited()).envs(&self.settings);
        let output = command.arg("--healthcheck").output();
        output.expect("the program starts")
    }

    /// The largest resident set so far in MiB (`VmHWM` in proc(5)).
    pub(crate) fn peak_memory(&self) -> u64 {
        let pid = self.process().as_ref().expect("the service runs").pid();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let kibibytes = status.lines().find_map(|line| {
            let value = line.strip_prefix("VmHWM:")?.split_whitespace().next()?;
            value.parse::<u64>().ok()
        });
        kibibytes.expect("the kernel reports VmHWM") / 1024
    }

    /// Makes the next start run another release.
    pub(crate) fn set_release(&self, release: &Release) {
        release.clone_into(&mut lock(&self.release));
    }

    /// Starts the process; `more` overrides its settings. Only the first start uses `CRASH_AT`.
    pub(crate) fn start(&self, more: &[(&str, &str)]) {
        let mut process = self.process();
        assert!(process.is_none(), "{} is already running", self.name);
        let mut command = Command::new(linked_program(&lock(&self.release), &self.program));
        command.env_clear().envs(inherited()).envs(&self.settings);
        if self.starts.fetch_add(1, Ordering::Relaxed) > 0 {
            command.env_remove("CRASH_AT");
        }
        command.envs(more.iter().copied());
        let started = Process::spawn(&self.name, &mut command, &self.log_file())
            .unwrap_or_else(|error| panic!("{error}"));
        let pid = started.pid();
        *process = Some(started);
        fs::write(self.pid_file(), pid.to_string()).expect("cannot write the pid file");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(process) = &*self.process() {
            process
                .signal(signal)
                .unwrap_or_else(|error| panic!("{error}"));
        }
    }

    /// Kills the process and waits until it is gone.
    pub(crate) fn kill(&self) {
        if let Some(mut process) = self.process().take() {
            process.kill().unwrap_or_else(|error| panic!("{error}"));
            self.remove_pid_file();
        }
    }

    pub(crate) fn has_exited(&self) -> bool {
        let mut process = self.process();
        let exited = process.as_mut().map(Process::exited);
        exited.is_none_or(|exited| exited.is_ok_and(|status| status.is_some()))
    }

    /// Reaps the process: its exit status if it has exited, once. It can then be started again.
    pub(crate) fn try_wait(&self) -> Option<ExitStatus> {
        let mut process = self.process();
        let status = process
            .as_mut()?
            .exited()
            .unwrap_or_else(|error| panic!("{error}"))?;
        *process = None;
        self.remove_pid_file();
        Some(status)
    }

    /// The last lines of the log of each start.
    pub(crate) fn last_lines(&self, count: usize) -> String {
        let starts = self.starts.load(Ordering::Relaxed);
        let log = |start| {
            let lines = last_lines(&self.log_file_of(start), count);
            format!("--- {}, start {start}\n{lines}\n", self.name)
        };
        (1..=starts).map(log).collect()
    }

    pub(crate) fn remove_logs(&self) {
        for start in 1..=self.starts.load(Ordering::Relaxed) {
            // The scratch directory is removed in any case.
            let _ = fs::remove_file(self.log_file_of(start));
        }
    }

    /// The log since the last start.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.log_file_of(self.starts.load(Ordering::Relaxed))
    }

    fn log_file_of(&self, start: u32) -> PathBuf {
        scratch_directory().join(format!("{}.{start}.log", self.file_prefix))
    }

    fn pid_file(&self) -> PathBuf {
        scratch_directory().join(format!("{}.pid", self.file_prefix))
    }

    fn remove_pid_file(&self) {
        let _ = fs::remove_file(self.pid_file());
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        lock(&self.process)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A link to the program in the scratch directory, so that its cleanup process recognizes this
/// process by the command line.
fn linked_program(release: &Release, name: &str) -> PathBuf {
    let program = release.program(name);
    let folder = scratch_directory().join(release.name);
    fs::create_dir_all(&folder).expect("cannot create a folder in the scratch directory");
    let link = folder.join(name);
    match std::os::unix::fs::symlink(&program, &link) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            panic!("cannot link {}: {error}", program.display())
        }
        _ => link,
    }
}

/// The variables that a service inherits from the test. None of them is a setting.
fn inherited() -> impl Iterator<Item = (String, String)> {
    ["PATH", "HOME", "RUST_BACKTRACE"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
}
