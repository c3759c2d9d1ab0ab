//! Docker Compose: a project for the tests, which is removed afterwards.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use backing_services::free_ports;
use serde_json::Value;

use super::images::IMAGES;
use crate::{
    interrupt,
    programs::{find, run as run_program},
    state::project_root,
};

/// The tag of the images that the tests build.
pub(super) const TAG: &str = "test";
/// The tag of the same images, as a later release.
const NEXT_TAG: &str = "test-next";
const PROJECT: &str = "fleetmarket-test";
/// How long any condition may take.
const TIMEOUT: Duration = Duration::from_mins(2);

/// A shop in containers. Dropping it removes the containers and their data.
pub(super) struct Compose {
    pub(super) port: u16,
}

/// A container of the project.
pub(super) struct Container {
    pub(super) name: String,
    pub(super) service: String,
    pub(super) state: String,
    pub(super) exit_code: i64,
}

/// The reason why Docker Compose cannot be used here; `None` if it can.
pub(super) fn unavailable_reason() -> Option<&'static str> {
    if find("docker").is_none() {
        Some("docker is not installed")
    } else if !succeeds(&["version"]) {
        Some("the Docker engine is not running")
    } else if !succeeds(&["compose", "version"]) {
        Some("docker compose is not installed")
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

impl Compose {
    /// Returns a project without containers and data.
    pub(super) fn new() -> Result<Self> {
        let [port] = free_ports()?;
        let compose = Self { port };
        compose.run(&["down", "--volumes", "--remove-orphans"])?;
        Ok(compose)
    }

    /// Runs a Compose command with its output visible.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<()> {
        if run_program(&mut self.command(arguments))?.success() {
            Ok(())
        } else {
            bail!("docker compose {} failed, see above", arguments.join(" "));
        }
    }

    /// Starts everything; shows the logs after a failure.
    pub(super) fn up(&self, more: &[&str]) -> Result<()> {
        let started = self.run(&[&["up", "--detach"], more].concat());
        if started.is_err() && interrupt::check().is_ok() {
            self.print_logs()?;
        }
        started
    }

    fn print_logs(&self) -> Result<()> {
        self.run(&["ps", "--all"])?;
        self.run(&["logs", "--tail", "20"])
    }

    /// Runs a Compose command that must fail, and returns its output.
    pub(super) fn expect_failure(&self, command: &str) -> Result<String> {
        let arguments: Vec<_> = command.split(' ').collect();
        let output = self.command(&arguments).output();
        let output = output.context("cannot start docker")?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        if output.status.success() {
            bail!("docker compose {command} did not fail: {text}");
        }
        Ok(text)
    }

    /// Gives the images another tag, and replaces the running containers by those of this tag.
    pub(super) fn update(&self) -> Result<()> {
        for image in IMAGES {
            let [old, new] = [TAG, NEXT_TAG].map(|tag| format!("fleetmarket/{image}:{tag}"));
            output(Command::new("docker").args(["tag", &old, &new]))?;
        }
        let mut command = script("update");
        self.configure(&mut command)
            .env("FLEETMARKET_TAG", NEXT_TAG);
        run_script(&mut command)
    }

    /// Runs the backup program, and returns what it prints.
    pub(super) fn backup(&self, arguments: &[&str]) -> Result<String> {
        output(&mut self.command(&[&["run", "--rm", "--no-TTY", "backup"], arguments].concat()))
    }

    /// Replaces the data by a backup, and starts the shop again.
    pub(super) fn restore(&self, backup: &str) -> Result<()> {
        let mut command = script("restore");
        run_script(self.configure(&mut command).arg(backup))
    }

    /// The warnings and errors in the logs of the services since their last start.
    pub(super) fn warnings(&self) -> Result<String> {
        let services = [
            "logs",
            "--no-log-prefix",
            "authentication",
            "products",
            "orders",
        ];
        let logs = output(&mut self.command(&services))?;
        let is_warning = |line: &&str| {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            matches!(line["level"].as_str(), Some("WARN" | "ERROR"))
        };
        Ok(logs
            .lines()
            .filter(is_warning)
            .collect::<Vec<_>>()
            .join("\n"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command
            .args(["compose", "--progress", "plain"])
            .args(arguments);
        self.configure(&mut command);
        command
    }

    fn configure<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .current_dir(project_root())
            .env("COMPOSE_PROJECT_NAME", PROJECT)
            .env("FLEETMARKET_TAG", TAG)
            .env("FLEETMARKET_PORT", self.port.to_string())
            // All buyers have the same address, and few accounts.
            .env("RATE_LIMIT_PER_SECOND", "10000")
            .env("ORDERS_PER_ACCOUNT_PER_HOUR", "0")
            .env("SEED_DATA", "true")
    }

    /// All containers, including exited ones.
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

    /// Waits until `attempt` returns a value; after the timeout, fails with `problem`.
    pub(super) fn until<T>(
        &self,
        problem: &str,
        attempt: impl FnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        if let Some(value) = interrupt::poll(TIMEOUT, attempt)? {
            return Ok(value);
        }
        self.print_logs()?;
        bail!("{problem} within {} s, see above", TIMEOUT.as_secs());
    }
}

impl Drop for Compose {
    fn drop(&mut self) {
        // Not by `run`, which would stop after Ctrl-C.
        let ended = self
            .command(&["down", "--volumes", "--remove-orphans", "--timeout", "5"])
            .stderr(Stdio::null())
            .status();
        if !ended.is_ok_and(|status| status.success()) {
            print_line!(
                "cannot remove the containers; run docker compose --project-name {PROJECT} down --volumes"
            );
        }
        let next = IMAGES.map(|image| format!("fleetmarket/{image}:{NEXT_TAG}"));
        let mut remove = Command::new("docker");
        remove.args(["image", "rm"]).args(next);
        // They exist only after an update.
        let _ = remove.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn script(name: &str) -> Command {
    Command::new(project_root().join("infrastructure/compose").join(name))
}

fn run_script(script: &mut Command) -> Result<()> {
    if run_program(script)?.success() {
        return Ok(());
    }
    bail!("{} failed, see above", script.get_program().display());
}

/// Returns the number of the project's volumes.
pub(super) fn volumes() -> Result<usize> {
    let filter = format!("label=com.docker.compose.project={PROJECT}");
    let mut command = Command::new("docker");
    command.args(["volume", "ls", "--quiet", "--filter", &filter]);
    Ok(output(&mut command)?.lines().count())
}

/// Runs a command and returns its standard output.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start docker")?;
    if !output.status.success() {
        bail!("docker failed, see above");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
