//! Starts what does not run of a shop, and waits until all of it is ready.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use backing_services::{Process, Readiness, Tools, last_lines};

use crate::{
    compile::{self, Profile, Programs},
    console::{complain, say, short},
    edge::Page,
    environment::{self, Choices},
    existing,
    interrupts::Interrupts,
    keys::Keys,
    layout::{Component, Member, Shop},
    process::{self, Running},
    readiness,
    state::{Record, State},
    stores::store,
    up::Options,
};

/// How long the stores, and then the services, may take: a loaded machine with much data to recover
/// is slow.
const READY_WITHIN: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(30);
/// How much of the log of a service that ended is shown.
const LAST_WORDS: usize = 20;

/// A shop that is ready, and what of it this command has started.
///
/// Dropping it stops what it has started, so that no failure on the way leaves anything running.
pub(crate) struct Started<'a> {
    pub(crate) state: State,
    pub(crate) shop: Shop,
    pub(crate) programs: Programs,
    pub(crate) interrupts: &'a Interrupts,
    /// What this command has started.
    pub(crate) children: Vec<Process>,
    choices: Choices,
    page: Page,
}

impl<'a> Started<'a> {
    /// Starts what does not run and waits until everything is ready.
    pub(crate) fn start(
        options: &Options,
        profile: Profile,
        page: Page,
        interrupts: &'a Interrupts,
    ) -> Result<Self> {
        let state = options.state.open()?;
        let _lock = state.lock_for_starting(interrupts)?;
        let running = existing::ports(&state, options.port_offset)?;
        let shop = Shop::plan(options.port_offset, &options.replicas, &running)?;
        let (old, missing): (Vec<_>, Vec<_>) =
            (shop.members.iter().cloned()).partition(|member| running.contains_key(&member.name));
        existing::check_ports(&missing, interrupts)?;
        existing::introduce(&old, &missing);

        // Before the build, which takes minutes: what is missing on the machine is better said first.
        let misses = |of: fn(Component) -> bool| missing.iter().any(|member| of(member.component));
        let tools = misses(Component::is_store)
            .then(|| Tools::install(&state.tools(), interrupts))
            .transpose()?;
        if misses(|component| component == Component::Edge) {
            page.prepare(interrupts)?;
        }
        let programs = if misses(Component::is_service) {
            compile::build(&compile::SHOP, profile, interrupts)?
        } else {
            Programs::new()
        };
        Keys::of(&state).make_missing()?;
        state.set_record(&Record::of(&shop))?;

        let children = Vec::new();
        let mut started = Self {
            state,
            shop,
            programs,
            interrupts,
            children,
            choices: options.choices(),
            page,
        };
        started.start_missing(&missing, tools.as_ref())?;
        Ok(started)
    }

    /// Ends this command's responsibility.
    pub(crate) fn leave_running(mut self) {
        self.children.clear();
    }

    /// Stops everything that this command has started, and nothing else.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let running: Vec<_> = self.children.iter().map(as_running).collect();
        process::stop(&self.state, &running, self.interrupts)?;
        self.children.clear();
        Ok(())
    }

    /// Stops a service that this command has started, and starts it again.
    pub(crate) fn restart(&mut self, member: &Member) -> Result<()> {
        let is_it = |child: &Process| child.name() == member.name;
        if let Some(at) = self.children.iter().position(is_it) {
            let mut child = self.children.remove(at);
            process::stop(&self.state, &[as_running(&child)], self.interrupts)?;
            child.exited()?;
        }
        self.start_service(member)
    }

    fn start_missing(&mut self, missing: &[Member], tools: Option<&Tools>) -> Result<()> {
        let of =
            |kind: fn(Component) -> bool| missing.iter().filter(move |one| kind(one.component));
        for member in of(Component::is_store) {
            self.interrupts.check()?;
            self.start_store(member, tools)?;
        }
        self.wait_until_ready(Component::is_store)?;
        for member in of(Component::is_service) {
            self.start_service(member)?;
        }
        self.wait_until_ready(Component::is_service)?;
        for member in of(|component| component == Component::Edge) {
            self.start_edge(member)?;
        }
        self.wait_until_ready(|component| component == Component::Edge)
    }

    fn start_edge(&mut self, member: &Member) -> Result<()> {
        let mut command = self
            .page
            .command(&self.state, &self.shop, member, self.interrupts)?;
        self.children
            .push(process::spawn(&self.state, &member.name, &mut command)?);
        Ok(())
    }

    fn start_store(&mut self, member: &Member, tools: Option<&Tools>) -> Result<()> {
        let (store, tools) = store(&self.state, member)
            .zip(tools)
            .with_context(|| format!("{} is no store, or its tools are missing", member.name))?;
        store.prepare(tools)?;
        let child = process::spawn(&self.state, &member.name, &mut store.command(tools))?;
        self.children.push(child);
        Ok(())
    }

    fn start_service(&mut self, member: &Member) -> Result<()> {
        let Component::Service(service) = member.component else {
            bail!("{} is no service", member.name);
        };
        let name = service.name();
        let program = self
            .programs
            .get(name)
            .with_context(|| format!("the package {name} has no program {name}"))?;
        let mut command = Command::new(program);
        command.envs(environment::of(
            &self.state,
            &self.shop,
            member,
            service,
            self.choices,
        ));
        self.children
            .push(process::spawn(&self.state, &member.name, &mut command)?);
        Ok(())
    }

    fn wait_until_ready(&mut self, of: impl Fn(Component) -> bool) -> Result<()> {
        let begin = Instant::now();
        let members = self.shop.members.iter();
        let mut waiting: Vec<_> = members.filter(|one| of(one.component)).cloned().collect();
        loop {
            self.interrupts.check()?;
            self.fail_if_ended()?;
            let mut reason = None;
            waiting.retain(|member| match readiness::of(&self.state, member) {
                Readiness::Ready => {
                    self.say_if_own(member, begin.elapsed());
                    false
                }
                Readiness::NotYet(because) => {
                    reason.get_or_insert(because);
                    true
                }
            });
            let (Some(member), Some(reason)) = (waiting.first(), reason) else {
                return Ok(());
            };
            if begin.elapsed() > READY_WITHIN {
                let (seconds, log) = (READY_WITHIN.as_secs(), self.state.log(&member.name));
                let (name, log) = (&member.name, short(&log));
                bail!("{name} is not ready after {seconds} s ({reason}); its log is {log}");
            }
            thread::sleep(POLL);
        }
    }

    fn say_if_own(&self, member: &Member, after: Duration) {
        let Member { name, port, .. } = member;
        if self.children.iter().any(|child| child.name() == name) {
            let seconds = after.as_secs_f32();
            say(format_args!(
                "{name} is ready after {seconds:.1} s, at 127.0.0.1:{port}"
            ));
        }
    }

    fn fail_if_ended(&mut self) -> Result<()> {
        for child in &mut self.children {
            let Some(status) = child.exited()? else {
                continue;
            };
            let name = child.name();
            let log = self.state.log(name);
            let member = self.shop.members.iter().find(|member| member.name == name);
            let words = member
                .and_then(|member| store(&self.state, member))
                .map_or_else(
                    || last_lines(&log, LAST_WORDS),
                    |store| store.exit_log(&log),
                );
            bail!(
                "{name} ended before it was ready ({status}); the last lines of {}:\n{words}",
                short(&log)
            );
        }
        Ok(())
    }
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            complain(&error);
        }
    }
}

/// A child as what other commands see of it.
pub(crate) fn as_running(child: &Process) -> Running {
    Running {
        name: child.name().to_owned(),
        pid: child.pid(),
    }
}
