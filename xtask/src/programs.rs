//! Programs of the operating system: finding, installing and running them.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use backing_services::Process;

use crate::interrupt;

const INSTALL: &str = "apt-get update --quiet && \
    apt-get install --quiet --yes --no-install-recommends \"$1\"";
/// How long a program may take to exit after Ctrl-C before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Returns the path of nginx. Installs it if it is missing.
pub(crate) fn nginx() -> Result<PathBuf> {
    find_or_install("nginx", "nginx-light", "serves the page")
}

/// Returns the path of Chromium. Installs it if it is missing.
pub(crate) fn chromium() -> Result<PathBuf> {
    find_or_install("chromium", "chromium", "shows the page")
}

/// Returns the path of the Chromium for tests, which starts and draws faster. Ubuntu does not have it;
/// there it is the usual one.
pub(crate) fn test_chromium() -> Result<PathBuf> {
    let name = "chromium-headless-shell";
    find_or_install(name, name, "shows the page").or_else(|_| chromium())
}

/// Finds a program, or installs its package with apt-get if this process may do so.
fn find_or_install(name: &str, package: &str, purpose: &str) -> Result<PathBuf> {
    if let Some(path) = find(name) {
        return Ok(path);
    }
    let advice = format!(
        "{name}, which {purpose}, is missing; install it (on Debian or Ubuntu: apt-get install \
         {package})"
    );
    if !nix::unistd::geteuid().is_root() || find("apt-get").is_none() {
        bail!(advice);
    }
    print_line!("installing {package}, which {purpose}");
    let mut install = Command::new("sh");
    install
        .args(["-c", INSTALL, "sh", package])
        // Prevents the package from starting its own server.
        .env("RUNLEVEL", "1")
        .env("DEBIAN_FRONTEND", "noninteractive");
    run_successfully(&mut install).with_context(|| advice.clone())?;
    find(name).context(advice)
}

/// Finds a program on the PATH, or in the folders of servers, which not every PATH contains.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    let mut files = env::split_paths(&path).map(|folder| folder.join(name));
    files.find(|file| {
        let data = fs::metadata(file);
        data.is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    })
}

/// Runs a program to its end with its output visible. Ctrl-C stops it with all its children.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus> {
    wait(&mut spawn(command)?)
}

/// Like [`run`], but fails if the program fails.
pub(crate) fn run_successfully(command: &mut Command) -> Result<()> {
    if !run(command)?.success() {
        bail!("{} failed, see above", name(command));
    }
    Ok(())
}

/// Starts a program with its output visible.
pub(crate) fn spawn(command: &mut Command) -> Result<Process> {
    Ok(Process::spawn_unlogged(&name(command), command)?)
}

/// Waits for the exit of a program. Ctrl-C stops it with all its children.
pub(crate) fn wait(process: &mut Process) -> Result<ExitStatus> {
    let exited = interrupt::poll(Duration::MAX, || Ok(process.exited()?));
    if exited.is_err() {
        process.stop(STOP_TIMEOUT)?;
    }
    exited?.context("a wait without a timeout has ended")
}

/// The exit code for this process after `status` of another one. An end by a signal is a failure.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    name.to_string_lossy().into_owned()
}
