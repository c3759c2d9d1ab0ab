//! Docker Compose, for a project of its own that leaves nothing behind.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use backing_services::{Process, free_ports};
use serde_json::Value;

use crate::{compile::wait, console::say, interrupts::Interrupts, state::project_root, system};

/// The version of the images that the tests build.
pub(super) const TAG: &str = "test";
const PROJECT: &str = "fleetmarket-test";
const POLL: Duration = Duration::from_millis(100);
/// For anything at all to happen.
const PATIENCE: Duration = Duration::from_mins(2);

/// A shop in containers, which is gone with its data when this is dropped.
pub(super) struct Compose<'a> {
    pub(super) port: u16,
    interrupts: &'a Interrupts,
}

/// A container of the project.
pub(super) struct Container {
    pub(super) name: String,
    pub(super) service: String,
    pub(super) state: String,
    pub(super) exit_code: i64,
}

/// Why nothing can be tried here, if that is so.
pub(super) fn obstacle() -> Option<&'static str> {
    if system::find("docker").is_none() {
        Some("there is no program docker")
    } else if !succeeds(&["version"]) {
        Some("no Docker engine answers")
    } else if !succeeds(&["compose", "version"]) {
        Some("docker has no compose")
    } else {
        None
    }
}

fn succeeds(arguments: &[&str]) -> bool {
    Command::new("docker")
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

impl<'a> Compose<'a> {
    /// A project of which nothing runs, and no data are left.
    pub(super) fn new(interrupts: &'a Interrupts) -> Result<Self> {
        let [port] = free_ports()?;
        let compose = Self { port, interrupts };
        compose.run(&["down", "--volumes", "--remove-orphans"])?;
        Ok(compose)
    }

    /// Runs a command of Compose, whose output is visible.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<()> {
        let mut process = Process::spawn_unlogged("docker", &mut self.command(arguments))?;
        if wait(&mut process, self.interrupts)?.success() {
            Ok(())
        } else {
            bail!("docker compose {} failed, see above", arguments.join(" "));
        }
    }

    /// Starts everything; where something does not, shows what it said.
    pub(super) fn up(&self, more: &[&str]) -> Result<()> {
        let started = self.run(&[&["up", "--detach"], more].concat());
        if started.is_err() && self.interrupts.check().is_ok() {
            self.show()?;
        }
        started
    }

    fn show(&self) -> Result<()> {
        self.run(&["ps", "--all"])?;
        self.run(&["logs", "--tail", "20"])
    }

    /// Runs a command of Compose that is to fail, and returns what it and the containers said.
    pub(super) fn fail(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<String> {
        let output = self
            .command(arguments)
            .envs(variables.iter().copied())
            .output()
            .context("docker could not be started")?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() {
            bail!(
                "docker compose {} did not fail: {said}",
                arguments.join(" ")
            );
        }
        Ok(said)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command
            .current_dir(project_root())
            .args(["compose", "--project-name", PROJECT, "--progress", "plain"])
            .args(arguments)
            .env("FLEETMARKET_TAG", TAG)
            .env("FLEETMARKET_PORT", self.port.to_string())
            // All customers come from one address.
            .env("RATE_LIMIT_PER_SECOND", "10000")
            .env("SEED_DATA", "true");
        command
    }

    /// All containers, also those that have ended.
    pub(super) fn containers(&self) -> Result<Vec<Container>> {
        let output = output(&mut self.command(&["ps", "--all", "--format", "json"]))?;
        let container = |line: &str| {
            let container: Value = serde_json::from_str(line)?;
            let text = |key: &str| container[key].as_str().unwrap_or_default().to_owned();
            Ok(Container {
                name: text("Name"),
                service: text("Service"),
                state: text("State"),
                exit_code: container["ExitCode"].as_i64().unwrap_or_default(),
            })
        };
        output.lines().map(container).collect()
    }

    /// Waits until `attempt` has something, or fails with `what`.
    pub(super) fn until<T>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(value) = attempt()? {
                return Ok(value);
            }
            self.interrupts.check()?;
            if Instant::now() > end {
                self.show()?;
                bail!("{what} within {} s, see above", PATIENCE.as_secs());
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Compose<'_> {
    fn drop(&mut self) {
        // Also after a Ctrl-C, which `run` would obey.
        let ended = self
            .command(&["down", "--volumes", "--remove-orphans", "--timeout", "5"])
            .stderr(Stdio::null())
            .status();
        if !ended.is_ok_and(|status| status.success()) {
            say(format_args!(
                "containers are left; docker compose --project-name {PROJECT} down --volumes removes them"
            ));
        }
    }
}

/// How many volumes of the project there are.
pub(super) fn volumes() -> Result<usize> {
    let filter = format!("label=com.docker.compose.project={PROJECT}");
    let mut command = Command::new("docker");
    command.args(["volume", "ls", "--quiet", "--filter", &filter]);
    Ok(output(&mut command)?.lines().count())
}

/// What a command printed, if it succeeded.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("docker could not be started")?;
    if !output.status.success() {
        bail!("docker failed, see above");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
