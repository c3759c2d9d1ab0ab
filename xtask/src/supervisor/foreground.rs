//! The shop in the foreground: its logs and the changes of its processes, until Ctrl-C.

use std::{thread, time::Duration};

use anyhow::Result;
use backing_services::Process;

use super::{
    RunningShop,
    logs::Logs,
    processes::{self, ShopProcess},
};
use crate::{
    console::{Colour, paint, print, relative},
    interrupt,
    state::{Lock, State},
};

const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Shows the shop until Ctrl-C, then stops the processes that this command has started. Calls
/// `on_tick` several times a second.
pub(crate) fn run(
    mut shop: RunningShop,
    mut on_tick: impl FnMut(&mut RunningShop) -> Result<()>,
) -> Result<()> {
    let lock = shop.state.try_lock_foreground()?;
    if let Lock::HeldBy(pid) = &lock {
        print(format_args!(
            "  another `cargo xtask up` (process {pid}) shows this shop, and stops it on Ctrl-C"
        ));
        if shop.children.is_empty() {
            return Ok(());
        }
    }
    print_how_to_stop(&shop);
    let mut logs = Logs::follow(&shop.state, &shop.shop.instances, |name| shop.is_own(name));
    let mut known = processes::all_running(&shop.state)?;
    while interrupt::count() == 0 {
        logs.print_new_lines();
        if report_changes(&mut shop, &mut known)? {
            print("another command has stopped the shop");
            return Ok(());
        }
        on_tick(&mut shop)?;
        thread::sleep(POLL_INTERVAL);
    }
    if !shop.children.is_empty() {
        print("stopping; press Ctrl-C again to kill everything immediately");
    }
    shop.stop()?;
    logs.print_new_lines();
    print("stopped");
    Ok(())
}

fn print_how_to_stop(shop: &RunningShop) {
    if shop.children.is_empty() {
        print(format_args!(
            "  stop it     cargo xtask down{}; Ctrl-C ends only this view",
            shop.state.option()
        ));
    } else if shop.children.len() == shop.shop.instances.len() {
        print("  stop it     Ctrl-C");
    } else {
        let names: Vec<_> = shop.children.iter().map(Process::name).collect();
        print(format_args!(
            "  stop        Ctrl-C stops what this command has started: {}",
            names.join(", ")
        ));
    }
    print("");
}

/// Prints which processes have died, or were started by another command. Returns whether another
/// command has stopped the last process that this command had started.
fn report_changes(shop: &mut RunningShop, known: &mut Vec<ShopProcess>) -> Result<bool> {
    let has_exited = |child: &mut Process| !matches!(child.exited(), Ok(None));
    let mut was_stopped = false;
    for mut child in shop.children.extract_if(.., has_exited).collect::<Vec<_>>() {
        let process = ShopProcess::from(&child);
        known.retain(|other| *other != process);
        was_stopped |= processes::was_stopped(&shop.state, &process);
        if let Some(status) = child.exited()? {
            report_death(&shop.state, &process, &status.to_string());
        }
    }

    let own: Vec<_> = shop.children.iter().map(ShopProcess::from).collect();
    for process in known.extract_if(.., |one| !own.contains(one) && !one.is_running(&shop.state)) {
        report_death(&shop.state, &process, "it was started by another command");
    }
    for process in processes::all_running(&shop.state)? {
        if known.contains(&process) {
            continue;
        }
        if !own.contains(&process) {
            let ShopProcess { name, pid } = &process;
            print(format_args!("{name} runs again (process {pid})"));
        }
        known.push(process);
    }
    Ok(was_stopped && shop.children.is_empty())
}

fn report_death(state: &State, process: &ShopProcess, how: &str) {
    if !processes::was_stopped(state, process) {
        let line = format!(
            "{} died ({how}); see {}; to start it again, run `cargo xtask up{}` in another terminal",
            process.name,
            relative(&state.log(&process.name)),
            state.option()
        );
        print(paint(Colour::Red, line));
    }
}
