//! The supervisor: starts the missing processes of a shop, waits for their readiness, restarts and
//! stops them.

pub(crate) mod foreground;
mod logs;
pub(crate) mod processes;
pub(crate) mod readiness;

use std::{
    collections::BTreeMap,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use backing_services::{Process, Readiness, Tools, is_port_free, last_lines};

use self::{processes::ShopProcess, readiness::readiness};
use crate::{
    cargo::{self, Profile, Programs},
    console::{ConsoleProgress, print, print_error, relative},
    edge::Page,
    environment, interrupt,
    keys::Keys,
    layout::{Component, Instance, Service, Shop},
    options::ShopOptions,
    state::{Record, State},
    stores::store,
};

/// How long the stores, and then the services, may take: recovery of much data is slow on a loaded
/// machine.
const READY_TIMEOUT: Duration = Duration::from_mins(2);
/// A process that was just killed can hold its port a little longer than it is visible.
const PORT_FREE_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(30);
/// How many log lines of a process that exited are shown.
const SHOWN_LOG_LINES: usize = 20;

/// A shop that is ready, and the processes of it that this command has started.
///
/// Dropping it stops those processes, so that a failure leaves nothing running.
pub(crate) struct RunningShop {
    pub(crate) state: State,
    pub(crate) shop: Shop,
    pub(crate) options: ShopOptions,
    pub(crate) programs: Programs,
    /// The processes that this command has started.
    pub(crate) children: Vec<Process>,
    page: Page,
    tools: Option<Tools>,
}

impl RunningShop {
    /// Starts the processes that do not run yet, and waits until all are ready.
    pub(crate) fn start(options: ShopOptions, profile: Profile, page: Page) -> Result<Self> {
        let state = options.state.open()?;
        let _lock = state.lock_start()?;
        let ports = running_ports(&state, options.port_offset)?;
        let shop = Shop::plan(options.port_offset, &options.replicas, &ports)?;
        let (running, missing): (Vec<_>, Vec<_>) = (shop.instances.iter().cloned())
            .partition(|instance| ports.contains_key(&instance.name));
        check_ports(&missing)?;
        print_running(&running, &missing);

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
        started.state.set_record(&Record::new(&started.shop))?;
        for phase in [
            Component::is_store,
            Component::is_service,
            Component::is_edge,
        ] {
            for instance in missing.iter().filter(|one| phase(one.component)) {
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

    /// Stops the processes that this command has started, and no others.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let own: Vec<_> = self.children.iter().map(ShopProcess::from).collect();
        processes::stop(&self.state, &own)?;
        self.children.clear();
        Ok(())
    }

    /// Whether this command has started the process of that name.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        self.children.iter().any(|child| child.name() == name)
    }

    /// Stops a process if this command has started it, and starts it again.
    pub(crate) fn restart(&mut self, instance: &Instance) -> Result<()> {
        let is_it = |child: &Process| child.name() == instance.name;
        if let Some(index) = self.children.iter().position(is_it) {
            let mut child = self.children.remove(index);
            processes::stop(&self.state, &[ShopProcess::from(&child)])?;
            child.exited()?;
        }
        self.spawn(instance)
    }

    /// Installs and builds the programs of the missing processes.
    fn install(&mut self, missing: &[Instance], profile: Profile) -> Result<()> {
        let any = |kind: fn(Component) -> bool| missing.iter().any(|one| kind(one.component));
        // Before the build, which takes minutes: report missing tools early.
        if any(Component::is_store) {
            self.tools = Some(Tools::install(&self.state.tools(), &ConsoleProgress)?);
        }
        if any(Component::is_edge) {
            self.page.prepare()?;
        }
        if any(Component::is_service) {
            self.programs = cargo::build(&cargo::SHOP_PACKAGES, profile)?;
        }
        Ok(())
    }

    fn spawn(&mut self, instance: &Instance) -> Result<()> {
        let mut command = match instance.component {
            Component::Mongo(_) | Component::Kafka => {
                let (store, tools) = store(&self.state, instance)
                    .zip(self.tools.as_ref())
                    .with_context(|| format!("the tools of {} are not installed", instance.name))?;
                store.prepare(tools)?;
                store.command(tools)
            }
            Component::Service(service) => {
                let mut command = Command::new(self.programs.path(service.name())?);
                command.envs(environment::variables(
                    &self.state,
                    &self.shop,
                    instance,
                    service,
                    &self.options,
                ));
                command
            }
            Component::Edge => self.page.command(&self.state, &self.shop, instance)?,
        };
        let child = processes::spawn(&self.state, &instance.name, &mut command)?;
        self.children.push(child);
        Ok(())
    }

    fn wait_until_ready(&mut self, is_waited_for: impl Fn(Component) -> bool) -> Result<()> {
        let begin = Instant::now();
        let instances = self.shop.instances.iter();
        let mut waiting: Vec<_> = instances
            .filter(|one| is_waited_for(one.component))
            .cloned()
            .collect();
        loop {
            interrupt::check()?;
            self.fail_if_exited()?;
            let mut reason = None;
            waiting.retain(|instance| match readiness(&self.state, instance) {
                Readiness::Ready => {
                    self.print_ready(instance, begin.elapsed());
                    false
                }
                Readiness::NotYet(because) => {
                    reason.get_or_insert(because);
                    true
                }
            });
            let (Some(instance), Some(reason)) = (waiting.first(), reason) else {
                return Ok(());
            };
            if begin.elapsed() > READY_TIMEOUT {
                bail!(
                    "{} is not ready after {} s ({reason}); its log is {}",
                    instance.name,
                    READY_TIMEOUT.as_secs(),
                    relative(&self.state.log(&instance.name))
                );
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    fn print_ready(&self, instance: &Instance, after: Duration) {
        let Instance { name, port, .. } = instance;
        if self.is_own(name) {
            let seconds = after.as_secs_f32();
            print(format_args!(
                "{name} is ready after {seconds:.1} s, at 127.0.0.1:{port}"
            ));
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
            let store = instance.and_then(|instance| store(&self.state, instance));
            let lines = store.map_or_else(
                || last_lines(&log, SHOWN_LOG_LINES),
                |store| store.exit_log(&log),
            );
            bail!(
                "{name} exited before it was ready ({status}); the last lines of {}:\n{lines}",
                relative(&log)
            );
        }
        Ok(())
    }
}

impl Drop for RunningShop {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            print_error(&error);
        }
    }
}

/// Returns the ports of the running processes. Fails if they run with another port offset.
fn running_ports(state: &State, port_offset: u16) -> Result<BTreeMap<String, u16>> {
    let record = state.record()?.unwrap_or_default();
    let mut ports = record.ports;
    ports.retain(|name, _| processes::running(state, name).is_some());
    if !ports.is_empty() && record.port_offset != port_offset {
        bail!(
            "the shop in {} runs with --port-offset {}; stop it with `cargo xtask down{}`, or \
             choose another --state",
            relative(state.root()),
            record.port_offset,
            state.option()
        );
    }
    Ok(ports)
}

/// Fails if other programs listen on ports of the missing processes.
fn check_ports(missing: &[Instance]) -> Result<()> {
    let taken = || -> Vec<String> {
        let busy = |one: &Instance| {
            let ports = one.ports().into_iter().filter(|port| !is_port_free(*port));
            ports
                .map(|port| format!("{port} ({})", one.name))
                .collect::<Vec<_>>()
        };
        missing.iter().flat_map(busy).collect()
    };
    let deadline = Instant::now() + PORT_FREE_TIMEOUT;
    while !taken().is_empty() && Instant::now() < deadline {
        interrupt::check()?;
        thread::sleep(POLL_INTERVAL);
    }
    let taken = taken();
    let (ports, are) = match taken.len() {
        0 => return Ok(()),
        1 => ("port", "is"),
        _ => ("ports", "are"),
    };
    bail!(
        "{ports} {} {are} in use by another program; stop that program, or move all ports of the \
         shop, for example with --port-offset 1000",
        taken.join(", ")
    )
}

/// Prints which processes are not started. A running gateway does not know new replicas.
fn print_running(running: &[Instance], missing: &[Instance]) {
    if running.is_empty() {
        return;
    }
    let names: Vec<_> = running.iter().map(|one| one.name.as_str()).collect();
    print(format_args!("already running: {}", names.join(", ")));
    let gateway = Component::Service(Service::Gateway);
    if running.iter().any(|one| one.component == gateway)
        && missing.iter().any(Instance::is_replica)
    {
        print("the running gateway does not know the new replicas;");
        print("stop the shop and start it again to send requests to them");
    }
}
