//! One service as a real process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io};

use backing_services::{Process, last_lines};
use nix::sys::signal::Signal;

use crate::{SOON, eventually, stores};

pub(crate) type Settings = BTreeMap<String, String>;

/// The four kinds of service, in the order in which they are started.
pub(crate) const KINDS: [&str; 4] = ["authentication", "products", "orders", "gateway"];

/// One service: its settings, and the process if it runs.
#[derive(Debug)]
pub(crate) struct Service {
    /// Which program.
    pub(crate) kind: String,
    /// The kind, with `-2`, `-3` for more of the same.
    pub(crate) name: String,
    pub(crate) port: u16,
    settings: Settings,
    /// Before the names of its log and of the file with its process id.
    prefix: String,
    starts: AtomicU32,
    process: Mutex<Option<Process>>,
}

impl Service {
    pub(crate) fn new(shop: &str, kind: &str, name: String, port: u16, settings: Settings) -> Self {
        Self {
            kind: kind.to_owned(),
            prefix: format!("{shop}-{name}"),
            name,
            port,
            settings,
            starts: AtomicU32::new(0),
            process: Mutex::new(None),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn peak_memory(&self) -> u64 {
        let process = self.process();
        let process = process.as_ref().expect("it runs");
        let status = fs::read_to_string(format!("/proc/{}/status", process.pid()));
        status
            .ok()
            .and_then(|status| {
                let line = status
                    .lines()
                    .find_map(|line| line.strip_prefix("VmHWM:"))?;
                let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
                Some(kilobytes / 1024)
            })
            .expect("the kernel tells how much memory a process has")
    }

    /// Starts the process with its settings and these. Only the first start means to crash.
    pub(crate) fn start(&self, more: &[(&str, &str)]) {
        let mut process = self.process();
        assert!(process.is_none(), "{} runs already", self.name);
        let mut command = Command::new(program(&self.kind));
        command.env_clear().envs(inherited()).envs(&self.settings);
        if self.starts.fetch_add(1, Ordering::Relaxed) > 0 {
            command.env_remove("CRASH_AT");
        }
        command.envs(more.iter().copied());
        let started = Process::spawn(&self.name, &mut command, &self.log())
            .unwrap_or_else(|error| panic!("{error}"));
        let pid = started.pid();
        *process = Some(started);
        fs::write(self.pid_file(), pid.to_string()).expect("the run's folder can be written to");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(process) = &*self.process() {
            process
                .signal(signal)
                .unwrap_or_else(|error| panic!("{error}"));
        }
    }

    /// Ends the process at once and waits until it is gone.
    pub(crate) fn kill(&self) {
        if let Some(mut process) = self.process().take() {
            process.kill().unwrap_or_else(|error| panic!("{error}"));
            self.forget_pid();
        }
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&self) -> bool {
        let mut process = self.process();
        let exited = process.as_mut().map(Process::exited);
        exited.is_none_or(|exited| exited.is_ok_and(|status| status.is_some()))
    }

    /// How the process ended, if it has; then it can be started again.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        let mut process = self.process();
        let status = process
            .as_mut()?
            .exited()
            .unwrap_or_else(|error| panic!("{error}"))?;
        *process = None;
        self.forget_pid();
        Some(status)
    }

    /// The end of each log so far.
    pub(crate) fn last_lines(&self, count: usize) -> String {
        let starts = self.starts.load(Ordering::Relaxed);
        let log = |start| {
            format!(
                "--- {}, start {start}\n{}\n",
                self.name,
                last_lines(&self.log_of(start), count)
            )
        };
        (1..=starts).map(log).collect()
    }

    pub(crate) fn remove_logs(&self) {
        for start in 1..=self.starts.load(Ordering::Relaxed) {
            // What is left goes with the run's folder.
            let _ = fs::remove_file(self.log_of(start));
        }
    }

    /// Everything it has logged since it was started the last time.
    pub(crate) fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.log_of(self.starts.load(Ordering::Relaxed))
    }

    fn log_of(&self, start: u32) -> PathBuf {
        stores::folder().join(format!("{}.{start}.log", self.prefix))
    }

    fn pid_file(&self) -> PathBuf {
        stores::folder().join(format!("{}.pid", self.prefix))
    }

    fn forget_pid(&self) {
        let _ = fs::remove_file(self.pid_file());
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts one service with its usual settings, changed by `change`, and waits for its end, which is
/// its exit code and what it printed; `None` if it goes on running.
pub async fn run_alone(
    kind: &str,
    change: impl FnOnce(&mut BTreeMap<String, String>),
) -> Option<(Option<i32>, String)> {
    let mut settings = crate::shop::settings_alone(kind);
    change(&mut settings);
    let shop = format!("alone-{:016x}", crate::tokens::random());
    let service = Service::new(&shop, kind, kind.to_owned(), 0, settings);
    service.start(&[]);
    let end = tokio::time::timeout(Duration::from_secs(10), async {
        eventually("it ends", SOON, async || {
            service.ended().ok_or_else(|| "it runs".to_owned())
        })
        .await
    });
    let end = end.await.ok();
    let printed = service.logged();
    service.kill();
    service.remove_logs();
    end.map(|status| (status.code(), printed))
}

/// The program as a link in the run's folder, so that the folder's guardian knows the process as
/// one of ours by its command line.
fn program(kind: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this program has a path");
    let built = test
        .parent()
        .and_then(std::path::Path::parent)
        .expect("target/debug/deps/NAME")
        .join(kind);
    assert!(
        built.exists(),
        "{} is not there; run `cargo xtask test`, which builds it",
        built.display()
    );
    let link = stores::folder().join(kind);
    match std::os::unix::fs::symlink(&built, &link) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            panic!("could not link {}: {error}", built.display())
        }
        _ => link,
    }
}

/// The variables that reach a service from the test's own environment: none that is a setting.
fn inherited() -> impl Iterator<Item = (String, String)> {
    ["PATH", "HOME", "RUST_BACKTRACE"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
}
