//! `cargo xtask dev`: rebuilds and restarts services when their source changes.

use std::{
    collections::BTreeMap,
    fs, mem,
    path::Path,
    process::ExitCode,
    sync::mpsc::{Receiver, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, bail};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::ModifyKind};

use crate::{
    cargo::{self, Profile, Programs},
    console::{print, print_error},
    edge::Page,
    interrupt,
    layout::{Component, Service},
    options::ShopOptions,
    state::project_root,
    supervisor::{RunningShop, foreground},
    up,
};

/// How long the source must be unchanged before a build, because tools write several files in a row.
const DEBOUNCE: Duration = Duration::from_millis(250);

/// Runs the shop in the dev profile and keeps it up to date until Ctrl-C.
pub(crate) fn run(options: ShopOptions) -> Result<ExitCode> {
    let shop = RunningShop::start(options, Profile::Dev, Page::Edited)?;
    if let Some(service) = Service::ALL.iter().find(|one| !shop.is_own(one.name())) {
        bail!(
            "another command has started {service}; stop the shop with `cargo xtask down{}` first",
            shop.state.option()
        );
    }
    let (_watcher, changes) = watch(&project_root())?;
    let mut rebuilder = Rebuilder {
        changes,
        changed_at: None,
        build: None,
        link_times: link_times(&shop.programs),
    };
    up::print_urls(&shop);
    print("  edit        services/, crates/: affected services are rebuilt and restarted;");
    print("              frontend/: the browser shows each saved change");
    let result = foreground::run(shop, |shop| rebuilder.poll(shop));
    rebuilder.join();
    result.map(|()| ExitCode::SUCCESS)
}

/// Watches the source. The channel receives an item per change.
fn watch(root: &Path) -> Result<(RecommendedWatcher, Receiver<()>)> {
    let (sender, receiver) = channel();
    let on_event = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_source_change(&event)) {
            // Without a receiver the command is ending.
            let _ = sender.send(());
        }
    };
    let mut watcher = notify::recommended_watcher(on_event).context("cannot watch files")?;
    for (name, mode) in [
        ("services", RecursiveMode::Recursive),
        ("crates", RecursiveMode::Recursive),
        ("Cargo.toml", RecursiveMode::NonRecursive),
        ("Cargo.lock", RecursiveMode::NonRecursive),
    ] {
        let path = root.join(name);
        watcher
            .watch(&path, mode)
            .with_context(|| format!("cannot watch {}", path.display()))?;
    }
    Ok((watcher, receiver))
}

/// Whether an event changes the content of a source file. Ignores editors' backup and lock files.
fn is_source_change(event: &Event) -> bool {
    let changes_content = match event.kind {
        EventKind::Create(_) | EventKind::Remove(_) => true,
        EventKind::Modify(kind) => !matches!(kind, ModifyKind::Metadata(_)),
        _ => false,
    };
    let is_source = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let suffixes = ["~", ".swp", ".tmp", ".snap.new"];
        !name.starts_with(['.', '#']) && !suffixes.iter().any(|suffix| name.ends_with(suffix))
    };
    changes_content && event.paths.iter().any(|path| is_source(path))
}

/// Builds in the background after changes, and restarts the services whose programs differ.
struct Rebuilder {
    changes: Receiver<()>,
    changed_at: Option<Instant>,
    build: Option<JoinHandle<Result<Programs>>>,
    link_times: BTreeMap<String, SystemTime>,
}

impl Rebuilder {
    fn poll(&mut self, shop: &mut RunningShop) -> Result<()> {
        if self.changes.try_iter().count() > 0 {
            self.changed_at = Some(Instant::now());
        }
        if let Some(build) = self.build.take_if(|build| build.is_finished()) {
            return self.finish(build, shop);
        }
        let is_settled = self.changed_at.is_some_and(|at| at.elapsed() > DEBOUNCE);
        if self.build.is_none() && is_settled {
            self.changed_at = None;
            print("the source has changed; building");
            let build = || cargo::build(&cargo::SHOP_PACKAGES, Profile::Dev);
            self.build = Some(thread::spawn(build));
        }
        Ok(())
    }

    fn finish(
        &mut self,
        build: JoinHandle<Result<Programs>>,
        shop: &mut RunningShop,
    ) -> Result<()> {
        match build.join().ok().context("the build panicked")? {
            Ok(programs) => self.restart_changed(programs, shop),
            Err(_) if interrupt::count() > 0 => Ok(()),
            Err(error) => {
                print_error(&error);
                print("the running services are unchanged");
                Ok(())
            }
        }
    }

    fn restart_changed(&mut self, programs: Programs, shop: &mut RunningShop) -> Result<()> {
        let link_times = link_times(&programs);
        let previous = mem::replace(&mut self.link_times, link_times);
        shop.programs = programs;
        let mut restarted = Vec::new();
        for instance in shop.shop.instances.clone() {
            let Component::Service(service) = instance.component else {
                continue;
            };
            if previous.get(service.name()) != self.link_times.get(service.name()) {
                shop.restart(&instance)?;
                restarted.push(instance.name);
            }
        }
        if restarted.is_empty() {
            print("built; no service has changed");
        } else {
            print(format_args!("built; restarted {}", restarted.join(", ")));
        }
        Ok(())
    }

    /// Waits for a build that Ctrl-C has stopped, so that no compiler is left running.
    fn join(self) {
        if let Some(build) = self.build {
            let _ = build.join();
        }
    }
}

/// The modification times of the programs: cargo leaves a program alone if nothing has changed.
fn link_times(programs: &Programs) -> BTreeMap<String, SystemTime> {
    let modified = |path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let programs = programs.0.iter();
    programs
        .filter_map(|(name, path)| Some((name.clone(), modified(path)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, DataChange};

    use super::*;

    #[test]
    fn given_file_events_when_filtered_then_only_edits_of_source_files_are_changes() {
        let check =
            |kind: EventKind, path: &str| is_source_change(&Event::new(kind).add_path(path.into()));
        let edit = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        assert!(check(edit, "/there/services/orders/src/store.rs"));
        assert!(check(
            EventKind::Create(CreateKind::File),
            "/there/Cargo.toml"
        ));
        assert!(!check(edit, "/there/services/orders/src/.store.rs.swp"));
        assert!(!check(edit, "/there/services/orders/src/store.rs~"));
        assert!(!check(
            EventKind::Access(AccessKind::Any),
            "/there/services/orders/src/store.rs"
        ));
    }
}
