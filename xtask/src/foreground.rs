//! The shop in the foreground: its logs, news of its processes, and the end on Ctrl-C.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    console::{Colour, paint, say, short},
    layout::Member,
    logs::Logs,
    process::{self, Running},
    start::{Started, as_running},
    state::State,
};

const POLL: Duration = Duration::from_millis(100);
/// How often processes that are not our children are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Shows what happens in the shop until Ctrl-C, then stops what this command has started. Calls
/// `each` several times a second.
pub(crate) fn show(
    mut started: Started,
    mut each: impl FnMut(&mut Started) -> Result<()>,
) -> Result<()> {
    let _place = match started.state.take_foreground()? {
        Ok(place) => Some(place),
        Err(other) if started.children.is_empty() => {
            say(format_args!(
                "  nothing to do: another `cargo xtask up` (process {other}) shows it, and stops \
                 it on Ctrl-C"
            ));
            return Ok(());
        }
        Err(other) => {
            say(format_args!(
                "  another `cargo xtask up` (process {other}) shows this shop too"
            ));
            None
        }
    };
    say_how_to_end(&started);

    let own: Vec<_> = started
        .children
        .iter()
        .map(|child| child.name().to_owned())
        .collect();
    let mut logs = Logs::follow(&started.state, &started.shop.members, |member: &Member| {
        !own.contains(&member.name)
    });
    let mut watch = Watch::new(&started);
    while started.interrupts.count() == 0 {
        logs.print_new();
        if watch.report(&mut started)? == Left::Nothing {
            say("the shop was stopped by another command");
            return Ok(());
        }
        each(&mut started)?;
        thread::sleep(POLL);
    }
    if !started.children.is_empty() {
        say("stopping; once more Ctrl-C to stop at once");
    }
    started.stop()?;
    logs.print_new();
    say("stopped");
    Ok(())
}

fn say_how_to_end(started: &Started) {
    if started.children.is_empty() {
        say(format_args!(
            "  stop it     cargo xtask down{}; Ctrl-C ends this view only",
            started.state.option()
        ));
    } else if started.children.len() == started.shop.members.len() {
        say("  stop it     Ctrl-C");
    } else {
        let names: Vec<_> = started
            .children
            .iter()
            .map(backing_services::Process::name)
            .collect();
        say(format_args!(
            "  stop        Ctrl-C stops what was started here: {}",
            names.join(", ")
        ));
    }
    say("");
}

/// Whether there is still something to watch.
#[derive(PartialEq, Eq)]
enum Left {
    Something,
    Nothing,
}

/// The processes of the shop, as last seen.
struct Watch {
    seen: Vec<Running>,
    looked: Instant,
}

impl Watch {
    fn new(started: &Started) -> Self {
        let members = started.shop.members.iter();
        let seen = members
            .filter_map(|member| process::running(&started.state, &member.name))
            .collect();
        Self {
            seen,
            looked: Instant::now(),
        }
    }

    /// Says which processes have died, or were started again by another command.
    fn report(&mut self, started: &mut Started) -> Result<Left> {
        let mut stopped_ours = false;
        let mut index = 0;
        while let Some(child) = started.children.get_mut(index) {
            if let Some(status) = child.exited()? {
                let gone = as_running(child);
                started.children.remove(index);
                self.seen.retain(|seen| *seen != gone);
                stopped_ours |= process::was_stopped(&started.state, &gone);
                say_if_died(&started.state, &gone, &status.to_string());
            } else {
                index += 1;
            }
        }
        if self.looked.elapsed() > LOOK {
            self.looked = Instant::now();
            self.look(started);
        }
        let left = if stopped_ours && started.children.is_empty() {
            Left::Nothing
        } else {
            Left::Something
        };
        Ok(left)
    }

    /// Looks at what are not our children.
    fn look(&mut self, started: &Started) {
        let state = &started.state;
        let is_own = |process: &Running| {
            started
                .children
                .iter()
                .any(|child| as_running(child) == *process)
        };
        self.seen.retain(|seen| {
            let there = is_own(seen) || seen.is_there(state);
            if !there {
                say_if_died(state, seen, "it was started by another command");
            }
            there
        });
        for member in &started.shop.members {
            let Some(running) = process::running(state, &member.name) else {
                continue;
            };
            if !self.seen.contains(&running) {
                if !is_own(&running) {
                    say(format_args!(
                        "{} runs again (process {})",
                        running.name, running.pid
                    ));
                }
                self.seen.push(running);
            }
        }
    }
}

fn say_if_died(state: &State, gone: &Running, how: &str) {
    if !process::was_stopped(state, gone) {
        let (name, log, option) = (&gone.name, short(&state.log(&gone.name)), state.option());
        let line = format!(
            "{name} died ({how}); see {log}; `cargo xtask up{option}` in another terminal starts \
             it again"
        );
        say(paint(Colour::Red, line));
    }
}
