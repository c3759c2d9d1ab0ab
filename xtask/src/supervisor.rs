//! The supervisor: starts the processes of a shop, waits until they are ready, watches them and stops
//! them.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    slice, thread,
    time::{Duration, Instant},
};

use anstyle::AnsiColor;
use anyhow::{Result, bail};
use backing_services::{Process, Readiness, Tools, is_port_free};
use nix::unistd::Pid;

use crate::{
    cargo::{self, Profile},
    console::{ConsoleProgress, paint, print_error, relative},
    interrupt,
    keys::Keys,
    launch::{self, Page, ShopOptions, readiness},
    layout::{Component, Instance, Phase, Shop},
    logs::{Logs, last_lines},
    processes::{running, spawn, stop, stop_and_print},
    state::{State, shared_tools},
};

/// How long each phase of starting may take: recovery of much data is slow on a loaded machine.
const READY_TIMEOUT: Duration = Duration::from_mins(2);
/// A process that was just killed can hold its port a little longer than it is visible.
const PORT_FREE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often the shop in the foreground is polled.
const FOREGROUND_INTERVAL: Duration = Duration::from_millis(100);

/// A shop that is ready, and the processes of it that this command has started.
///
/// Dropping it stops those processes, so that a failure leaves nothing running.
pub(crate) struct RunningShop {
    pub(crate) state: State,
    pub(crate) shop: Shop,
    pub(crate) options: ShopOptions,
    profile: Profile,
    page: Page,
    tools: Option<Tools>,
    /// The processes that this command has started, including those that have exited.
    children: Vec<Process>,
}

impl RunningShop {
    /// Starts the processes that do not run yet, and waits until all are ready.
    pub(crate) fn start(mut options: ShopOptions, profile: Profile, page: Page) -> Result<Self> {
        options.state = options.state.create()?;
        let state = options.state.clone();
        let _lock = state.lock()?;
        let running = running(&state);
        let recorded = state.shop().filter(|_| !running.is_empty());
        if let Some(shop) = recorded.filter(|shop| shop.port_offset != options.port_offset) {
            bail!(
                "the shop in {} runs with --port-offset {}; stop it with `cargo xtask down{}`, or \
                 choose another --state",
                relative(&state.root),
                shop.port_offset,
                state.option()
            );
        }
        let is_running = |name: &str| running.contains_key(name);
        let shop = Shop::plan(options.port_offset, &options.replicas, is_running);
        let instances = shop.instances.iter().cloned();
        let (present, missing): (Vec<_>, Vec<_>) = instances.partition(|one| is_running(&one.name));
        check_ports(&missing)?;
        print_present(&present, &missing);

        let mut started = Self {
            state,
            shop,
            options,
            profile,
            page,
            tools: None,
            children: Vec::new(),
        };
        started.install(&missing)?;
        Keys::new(&started.state).create_missing()?;
        started.state.set_shop(&started.shop)?;
        for phase in Phase::ALL {
            for instance in missing.iter().filter(|one| one.component.phase() == phase) {
                interrupt::check()?;
                started.spawn(instance)?;
            }
            started.wait_until_ready(phase)?;
        }
        Ok(started)
    }

    /// Leaves everything running.
    pub(crate) fn detach(mut self) {
        self.children.clear();
    }

    /// The names of the processes that this command has started.
    pub(crate) fn own(&self) -> Vec<String> {
        let children = self.children.iter();
        children.map(|child| child.name().to_owned()).collect()
    }

    /// Stops a process if it runs, and starts it again.
    pub(crate) fn restart(&mut self, instance: &Instance) -> Result<()> {
        stop(&self.state, slice::from_ref(&instance.name))?;
        let is_it = |child: &mut Process| child.name() == instance.name;
        for mut child in self.children.extract_if(.., is_it) {
            child.exited()?;
        }
        self.spawn(instance)
    }

    /// Installs and builds the programs of the missing processes.
    fn install(&mut self, missing: &[Instance]) -> Result<()> {
        let mut missing = missing.iter().map(|one| one.component);
        // Before the build, which takes minutes: report missing tools early.
        if missing.clone().any(|one| one.phase() == Phase::Stores) {
            self.tools = Some(Tools::install(&shared_tools(), &ConsoleProgress)?);
        }
        if missing.clone().any(|one| one == Component::Edge) {
            self.page.prepare()?;
        }
        if missing.any(Component::is_program) {
            cargo::build_shop(self.profile)?;
        }
        Ok(())
    }

    fn spawn(&mut self, instance: &Instance) -> Result<()> {
        let Self { state, shop, .. } = &*self;
        let mut command = match (launch::store(state, instance), &self.tools) {
            (Some(store), Some(tools)) => {
                store.prepare(tools)?;
                store.command(tools)
            }
            _ if instance.component == Component::Edge => {
                self.page.command(state, shop, instance)?
            }
            _ => Command::new(cargo::program(instance.component.name(), self.profile)?),
        };
        if instance.component.is_program() {
            command.envs(launch::variables(&self.options, shop, instance));
        }
        let child = spawn(state, &instance.name, &mut command)?;
        self.children.push(child);
        Ok(())
    }

    fn wait_until_ready(&mut self, phase: Phase) -> Result<()> {
        let begin = Instant::now();
        let own = self.own();
        let mut waiting = self.shop.instances.clone();
        waiting.retain(|one| one.component.phase() == phase);
        let mut reason = String::new();
        interrupt::poll(READY_TIMEOUT, || {
            self.fail_if_exited()?;
            waiting.retain(|one| {
                let Instance { name, port, .. } = one;
                if let Readiness::NotYet(because) = readiness(&self.state, one) {
                    reason = because;
                    return true;
                }
                if own.contains(name) {
                    let seconds = begin.elapsed().as_secs_f32();
                    print_line!("{name} is ready after {seconds:.1} s, at 127.0.0.1:{port}");
                }
                false
            });
            Ok(waiting.is_empty().then_some(()))
        })?;
        if let Some(Instance { name, .. }) = waiting.last() {
            bail!(
                "{name} is not ready after {} s ({reason}); its log is {}",
                READY_TIMEOUT.as_secs(),
                relative(&self.state.log(name))
            );
        }
        Ok(())
    }

    fn fail_if_exited(&mut self) -> Result<()> {
        for child in &mut self.children {
            if let Some(status) = child.exited()? {
                let (name, log) = (child.name(), self.state.log(child.name()));
                bail!(
                    "{name} exited before it was ready ({status}); the last lines of {}:\n{}",
                    relative(&log),
                    last_lines(&log)
                );
            }
        }
        Ok(())
    }

    /// Shows the logs and the changes of the shop until Ctrl-C, then stops the processes that this
    /// command has started. Calls `on_tick` several times a second.
    pub(crate) fn show(mut self, mut on_tick: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        let own = self.own();
        if own.is_empty() {
            let option = self.state.option();
            print_line!("  stop it     cargo xtask down{option}; Ctrl-C ends only this view");
        } else if own.len() == self.shop.instances.len() {
            print_line!("  stop it     Ctrl-C");
        } else {
            let own = own.join(", ");
            print_line!("  stop        Ctrl-C stops what this command has started: {own}");
        }
        print_line!();
        let mut logs = Logs::follow(&self.state, &self.shop.instances, &own);
        let mut known = running(&self.state);
        while interrupt::count() == 0 {
            logs.print_new_lines();
            let now = running(&self.state);
            self.print_changes(&known, &now);
            if now.is_empty() {
                print_line!("all processes of the shop have stopped");
                return Ok(());
            }
            known = now;
            on_tick(&mut self)?;
            thread::sleep(FOREGROUND_INTERVAL);
        }
        if stop_and_print(&self.state, &own)? {
            logs.print_new_lines();
            print_line!("stopped");
        }
        Ok(())
    }

    /// Prints which processes have died, and which were started by other commands.
    fn print_changes(&mut self, known: &BTreeMap<String, Pid>, now: &BTreeMap<String, Pid>) {
        for Instance { name, .. } in &self.shop.instances {
            let (before, after) = (known.get(name), now.get(name));
            if before == after {
                continue;
            }
            let child = self.children.iter_mut().find(|child| child.name() == name);
            // Another command removes the pid file before it stops the process.
            let file = fs::read_to_string(self.state.pid_file(name)).unwrap_or_default();
            if before.is_some_and(|pid| pid.to_string() == file) {
                let status = child.and_then(|child| child.exited().ok().flatten());
                let how = status.map(|status| status.to_string());
                let line = format!(
                    "{name} died ({}); see {}; to start it again, run `cargo xtask up{}` in \
                     another terminal",
                    how.as_deref().unwrap_or("started by another command"),
                    relative(&self.state.log(name)),
                    self.state.option()
                );
                print_line!("{}", paint(AnsiColor::Red, line));
            } else if let Some(pid) = after
                && child.is_none_or(|child| child.pid().cast_signed() != pid.as_raw())
            {
                print_line!("{name} runs again (process {pid})");
            }
        }
    }
}

impl Drop for RunningShop {
    fn drop(&mut self) {
        if let Err(error) = stop(&self.state, &self.own()) {
            print_error(&error);
        }
    }
}

/// Fails if other programs listen on ports of the missing processes.
fn check_ports(missing: &[Instance]) -> Result<()> {
    let mut taken = Vec::new();
    interrupt::poll(PORT_FREE_TIMEOUT, || {
        taken.clear();
        for instance in missing {
            let busy = instance.ports().filter(|port| !is_port_free(*port));
            taken.extend(busy.map(|port| format!("{port} ({})", instance.name)));
        }
        Ok(taken.is_empty().then_some(()))
    })?;
    if !taken.is_empty() {
        bail!(
            "another program uses a port of the shop: {}; stop that program, or move all ports of \
             the shop, for example with --port-offset 1000",
            taken.join(", ")
        );
    }
    Ok(())
}

/// Prints which processes run already. A running gateway does not know new replicas.
fn print_present(present: &[Instance], missing: &[Instance]) {
    if present.is_empty() {
        return;
    }
    let names: Vec<_> = present.iter().map(|one| one.name.as_str()).collect();
    print_line!("already running: {}", names.join(", "));
    let is_replica = |one: &Instance| one.name != one.component.name();
    if names.contains(&Component::Gateway.name()) && missing.iter().any(is_replica) {
        print_line!("the running gateway does not know the new replicas;");
        print_line!("stop the shop and start it again to send requests to them");
    }
}
