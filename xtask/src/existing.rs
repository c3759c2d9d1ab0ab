//! What is there before a shop is started: processes that run already, and strangers on its ports.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use backing_services::is_port_free;

use crate::{
    console::{say, short},
    interrupts::Interrupts,
    layout::{Component, Member, Service},
    process,
    state::State,
};

/// How long a port may still be held by a process that is just ending.
const PORT_FREE_WITHIN: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(30);

/// The ports of what runs already, which must all be where this command would look for them.
pub(crate) fn ports(state: &State, offset: u16) -> Result<BTreeMap<String, u16>> {
    let record = state.record()?.unwrap_or_default();
    let mut ports = record.ports;
    ports.retain(|name, _| process::running(state, name).is_some());
    if !ports.is_empty() && record.port_offset != offset {
        bail!(
            "the shop in {} runs with --port-offset {}; stop it with `cargo xtask down{}`, or \
             choose another --state",
            short(state.root()),
            record.port_offset,
            state.option()
        );
    }
    Ok(ports)
}

/// Fails with one sentence about every port that something else listens on.
///
/// A process that was killed a moment ago may hold its port a little longer than it can be seen,
/// hence the patience.
pub(crate) fn check_ports(missing: &[Member], interrupts: &Interrupts) -> Result<()> {
    let begin = Instant::now();
    let is_busy = |member: &Member| member.ports().into_iter().any(|port| !is_port_free(port));
    while missing.iter().any(is_busy) && begin.elapsed() < PORT_FREE_WITHIN {
        interrupts.check()?;
        thread::sleep(POLL);
    }
    let mut taken = Vec::new();
    for member in missing {
        let busy = member
            .ports()
            .into_iter()
            .filter(|port| !is_port_free(*port));
        taken.extend(busy.map(|port| format!("{port} ({})", member.name)));
    }
    let (ports, are, them) = match taken.as_slice() {
        [] => return Ok(()),
        [_] => ("port", "is", "it"),
        _ => ("ports", "are", "them"),
    };
    bail!(
        "{ports} {} {are} in use by something else; stop what uses {them}, or move the whole \
         shop with --port-offset 1000",
        taken.join(", ")
    )
}

/// Says what is left alone. A gateway that runs does not hear of replicas that are started now.
pub(crate) fn introduce(old: &[Member], new: &[Member]) {
    if old.is_empty() {
        return;
    }
    let names: Vec<_> = old.iter().map(|member| member.name.as_str()).collect();
    say(format_args!("running already: {}", names.join(", ")));
    let gateway = Component::Service(Service::Gateway);
    if old.iter().any(|member| member.component == gateway) && new.iter().any(Member::is_replica) {
        say("the gateway runs already and does not know the new replicas;");
        say("stop the shop and start it again for requests to reach them");
    }
}
