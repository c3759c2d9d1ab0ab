//! The supervisor: starts the processes of a shop, waits until they are ready, watches them and stops
//! them.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anstyle::AnsiColor;
use anyhow::{Result, bail};
use backing_services::{Process, Readiness, Tools, is_port_free, last_lines};
use nix::unistd::Pid;

use crate::{
    cargo::{self, Profile, Programs},
    console::{ConsoleProgress, paint, print, print_error, relative},
    edge::Page,
    environment, http, interrupt,
    keys::Keys,
    layout::{Component, Instance, Phase, Shop},
    logs::Logs,
    options::ShopOptions,
    processes::{running, spawn, stop, stop_and_print},
    state::{State, shared_tools},
    stores::store,
};

/// How long each phase of starting may take: recovery of much data is slow on a loaded machine.
const READY_TIMEOUT: Duration = Duration::from_mins(2);
/// A process that was just killed can hold its port a little longer than it is visible.
const PORT_FREE_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(30);
/// How often the shop in the foreground is polled.
const FOREGROUND_INTERVAL: Duration = Duration::from_millis(100);
/// How many log lines of a process that exited are shown.
const SHOWN_LOG_LINES: usize = 20;

/// Checks the readiness of a process once: of a store by its own protocol, of others over HTTP.
pub(crate) fn readiness(state: &State, instance: &Instance) -> Readiness {
    if let Some(store) = store(state, instance) {
        return store.readiness();
    }
    let path = match instance.component {
        Component::Edge => "/",
        _ => "/health/ready",
    };
    match http::get_status(instance.port, path) {
        Ok(200) => Readiness::Ready,
        Ok(status) => Readiness::NotYet(format!("GET {path} returns {status}")),
        Err(error) => Readiness::NotYet(format!("GET {path}: {error}")),
    }
}

/// A shop that is ready, and the processes of it that this command has started.
///
/// Dropping it stops those processes, so that a failure leaves nothing running.
pub(crate) struct RunningShop {
    pub(crate) state: State,
    pub(crate) shop: Shop,
    pub(crate) options: ShopOptions,
    pub(crate) programs: Programs,
    /// The processes that this command has started, including those that have exited.
    children: Vec<Process>,
    page: Page,
    tools: Option<Tools>,
}

impl RunningShop {
    /// Starts the processes that do not run yet, and waits until all are ready.
    pub(crate) fn start(options: ShopOptions, profile: Profile, page: Page) -> Result<Self> {
        let state = options.state.open()?;
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
        let mut missing = shop.instances.clone();
        missing.retain(|instance| !is_running(&instance.name));
        check_ports(&missing)?;
        print_running(&shop, &missing);

        let mut started = Self {
            state,
            shop,
            options,
            programs: Programs::default(),
            children: Vec::new(),
            page,
            tools: None,
        };
        started.install(&missing, profile)?;
        Keys::new(&started.state).create_missing()?;
        started.state.set_shop(&started.shop)?;
        for phase in [Phase::Stores, Phase::Services, Phase::Edge] {
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
        stop(&self.state, std::slice::from_ref(&instance.name))?;
        let is_it = |child: &mut Process| child.name() == instance.name;
        for mut child in self.children.extract_if(.., is_it) {
            child.exited()?;
        }
        self.spawn(instance)
    }

    /// Installs and builds the programs of the missing processes.
    fn install(&mut self, missing: &[Instance], profile: Profile) -> Result<()> {
        let misses = |phase| missing.iter().any(|one| one.component.phase() == phase);
        // Before the build, which takes minutes: report missing tools early.
        if misses(Phase::Stores) {
            self.tools = Some(Tools::install(&shared_tools(), &ConsoleProgress)?);
        }
        if misses(Phase::Edge) {
            self.page.prepare()?;
        }
        if misses(Phase::Services) {
            self.programs = cargo::build(&cargo::SHOP_PACKAGES, profile)?;
        }
        Ok(())
    }

    fn spawn(&mut self, instance: &Instance) -> Result<()> {
        let (state, shop) = (&self.state, &self.shop);
        let mut command = match (store(state, instance), &self.tools) {
            (Some(store), Some(tools)) => {
                store.prepare(tools)?;
                store.command(tools)
            }
            _ if instance.component == Component::Edge => {
                self.page.command(state, shop, instance)?
            }
            _ => {
                let mut command = Command::new(self.programs.path(instance.component.name())?);
                let variables = environment::variables(state, shop, instance, &self.options);
                command.envs(variables);
                command
            }
        };
        let child = spawn(state, &instance.name, &mut command)?;
        self.children.push(child);
        Ok(())
    }

    fn wait_until_ready(&mut self, phase: Phase) -> Result<()> {
        let begin = Instant::now();
        let own = self.own();
        let mut waiting = self.shop.instances.clone();
        waiting.retain(|one| one.component.phase() == phase);
        loop {
            interrupt::check()?;
            self.fail_if_exited()?;
            let mut reason = None;
            waiting.retain(|instance| match readiness(&self.state, instance) {
                Readiness::Ready => {
                    let Instance { name, port, .. } = instance;
                    if own.contains(name) {
                        let seconds = begin.elapsed().as_secs_f32();
                        print(format_args!(
                            "{name} is ready after {seconds:.1} s, at 127.0.0.1:{port}"
                        ));
                    }
                    false
                }
                Readiness::NotYet(because) => {
                    reason.get_or_insert(because);
                    true
                }
            });
            let (Some(Instance { name, .. }), Some(reason)) = (waiting.first(), reason) else {
                return Ok(());
            };
            if begin.elapsed() > READY_TIMEOUT {
                bail!(
                    "{name} is not ready after {} s ({reason}); its log is {}",
                    READY_TIMEOUT.as_secs(),
                    relative(&self.state.log(name))
                );
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    fn fail_if_exited(&mut self) -> Result<()> {
        for child in &mut self.children {
            let Some(status) = child.exited()? else {
                continue;
            };
            let name = child.name();
            let log = self.state.log(name);
            let instance = self.shop.instances.iter().find(|one| one.name == name);
            let lines = match instance.and_then(|instance| store(&self.state, instance)) {
                Some(store) => store.exit_log(&log),
                None => last_lines(&log, SHOWN_LOG_LINES),
            };
            bail!(
                "{name} exited before it was ready ({status}); the last lines of {}:\n{lines}",
                relative(&log)
            );
        }
        Ok(())
    }

    /// Shows the logs and the changes of the shop until Ctrl-C, then stops the processes that this
    /// command has started. Calls `on_tick` several times a second.
    pub(crate) fn show(mut self, mut on_tick: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        let (own, option) = (self.own(), self.state.option());
        if own.is_empty() {
            print(format_args!(
                "  stop it     cargo xtask down{option}; Ctrl-C ends only this view"
            ));
        } else if own.len() == self.shop.instances.len() {
            print("  stop it     Ctrl-C");
        } else {
            print(format_args!(
                "  stop        Ctrl-C stops what this command has started: {}",
                own.join(", ")
            ));
        }
        print("");
        let mut logs = Logs::follow(&self.state, &self.shop.instances, &own);
        let mut known = running(&self.state);
        while interrupt::count() == 0 {
            logs.print_new_lines();
            let now = running(&self.state);
            self.print_changes(&known, &now);
            if now.is_empty() {
                print("all processes of the shop have stopped");
                return Ok(());
            }
            known = now;
            on_tick(&mut self)?;
            thread::sleep(FOREGROUND_INTERVAL);
        }
        if stop_and_print(&self.state, &own)? {
            logs.print_new_lines();
            print("stopped");
        }
        Ok(())
    }

    /// Prints which processes have died, and which were started by other commands.
    fn print_changes(&mut self, known: &BTreeMap<String, Pid>, now: &BTreeMap<String, Pid>) {
        let is = |child: &Process, pid: &Pid| child.pid().cast_signed() == pid.as_raw();
        for (name, pid) in known {
            let file = fs::read_to_string(self.state.pid_file(name)).unwrap_or_default();
            // Another command removes the pid file before it stops the process.
            if now.get(name) == Some(pid) || file != pid.to_string() {
                continue;
            }
            let child = self.children.iter_mut().find(|child| is(child, pid));
            let status = child.and_then(|child| child.exited().ok().flatten());
            let how = status.map(|status| status.to_string());
            let line = format!(
                "{name} died ({}); see {}; to start it again, run `cargo xtask up{}` in another \
                 terminal",
                how.as_deref().unwrap_or("started by another command"),
                relative(&self.state.log(name)),
                self.state.option()
            );
            print(paint(AnsiColor::Red, line));
        }
        for (name, pid) in now {
            let is_new = known.get(name) != Some(pid);
            if is_new && !self.children.iter().any(|child| is(child, pid)) {
                print(format_args!("{name} runs again (process {pid})"));
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
    let deadline = Instant::now() + PORT_FREE_TIMEOUT;
    loop {
        let mut taken = Vec::new();
        for instance in missing {
            let busy = instance
                .ports()
                .into_iter()
                .filter(|port| !is_port_free(*port));
            taken.extend(busy.map(|port| format!("{port} ({})", instance.name)));
        }
        if taken.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!(
                "another program uses a port of the shop: {}; stop that program, or move all ports \
                 of the shop, for example with --port-offset 1000",
                taken.join(", ")
            );
        }
        interrupt::check()?;
        thread::sleep(POLL_INTERVAL);
    }
}

/// Prints which processes are not started. A running gateway does not know new replicas.
fn print_running(shop: &Shop, missing: &[Instance]) {
    let running = shop.instances.iter().filter(|one| !missing.contains(one));
    let names: Vec<_> = running.map(|one| one.name.as_str()).collect();
    if names.is_empty() {
        return;
    }
    print(format_args!("already running: {}", names.join(", ")));
    let is_replica = |one: &Instance| one.name != one.component.name();
    if names.contains(&Component::Gateway.name()) && missing.iter().any(is_replica) {
        print("the running gateway does not know the new replicas;");
        print("stop the shop and start it again to send requests to them");
    }
}
