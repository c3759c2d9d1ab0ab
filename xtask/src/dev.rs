//! `cargo xtask dev`: what is edited is rebuilt and restarted.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::ExitCode,
    sync::mpsc::{Receiver, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, bail};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::ModifyKind};

use crate::{
    compile::{self, Profile, Programs},
    console::{complain, say},
    edge::Page,
    foreground,
    interrupts::Interrupts,
    layout::{Component, Service},
    start::Started,
    state::project_root,
    up::{self, Options},
};

/// An editor or a version control system writes several files in a row: the build waits for this
/// much silence.
const SILENCE: Duration = Duration::from_millis(250);

/// Runs the shop in the dev profile and keeps it up to date until Ctrl-C.
pub(crate) fn run(options: &Options, interrupts: &Interrupts) -> Result<ExitCode> {
    let started = Started::start(options, Profile::Dev, Page::Edited, interrupts)?;
    let is_own = |service: &Service| {
        started
            .children
            .iter()
            .any(|child| child.name() == service.name())
    };
    if let Some(service) = Service::ALL.iter().find(|service| !is_own(service)) {
        bail!(
            "{service} runs already, started by another command; stop the shop with \
             `cargo xtask down{}` first",
            started.state.option()
        );
    }
    let (_watcher, changes) = watch(&project_root())?;
    let mut workshop = Workshop::new(changes, &started.programs, interrupts.clone());
    up::introduce(&started, options.choices());
    say("  edit        services/, crates/: what is affected is rebuilt and restarted;");
    say("              frontend/: the browser shows it when it is saved");
    let shown = foreground::show(started, |started| workshop.step(started));
    workshop.close();
    shown.map(|()| ExitCode::SUCCESS)
}

/// Watches the code. Whatever comes out of the channel is a change.
fn watch(root: &Path) -> Result<(RecommendedWatcher, Receiver<()>)> {
    let (sender, receiver) = channel();
    let report = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_change(&event)) {
            // With nobody listening the command is about to end.
            let _ = sender.send(());
        }
    };
    let mut watcher = notify::recommended_watcher(report).context("files cannot be watched")?;
    for (place, mode) in [
        ("services", RecursiveMode::Recursive),
        ("crates", RecursiveMode::Recursive),
        ("Cargo.toml", RecursiveMode::NonRecursive),
        ("Cargo.lock", RecursiveMode::NonRecursive),
    ] {
        let place = root.join(place);
        watcher
            .watch(&place, mode)
            .with_context(|| format!("{} cannot be watched", place.display()))?;
    }
    Ok((watcher, receiver))
}

/// Whether an event is about the content of a file that matters. Editors leave backups and locks
/// beside what they edit.
fn is_change(event: &Event) -> bool {
    let kind = match event.kind {
        EventKind::Create(_) | EventKind::Remove(_) => true,
        EventKind::Modify(kind) => !matches!(kind, ModifyKind::Metadata(_)),
        _ => false,
    };
    let matters = |path: &Path| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default();
        let temporary = |end: &str| name.ends_with(end);
        !name.starts_with(['.', '#'])
            && !["~", ".swp", ".tmp", ".snap.new"]
                .into_iter()
                .any(temporary)
    };
    kind && event.paths.iter().any(|path| matters(path))
}

/// Builds when something has changed, in the background, and restarts what came out different.
struct Workshop {
    changes: Receiver<()>,
    changed_at: Option<Instant>,
    build: Option<JoinHandle<Result<Programs>>>,
    stamps: BTreeMap<String, SystemTime>,
    interrupts: Interrupts,
}

impl Workshop {
    fn new(changes: Receiver<()>, programs: &Programs, interrupts: Interrupts) -> Self {
        Self {
            changes,
            changed_at: None,
            build: None,
            stamps: stamps(programs),
            interrupts,
        }
    }

    fn step(&mut self, started: &mut Started) -> Result<()> {
        if self.changes.try_iter().count() > 0 {
            self.changed_at = Some(Instant::now());
        }
        match self.build.take_if(|build| build.is_finished()) {
            Some(build) => self.finish(build, started)?,
            None if self.build.is_none()
                && self.changed_at.is_some_and(|at| at.elapsed() > SILENCE) =>
            {
                self.changed_at = None;
                say("something changed; building");
                let interrupts = self.interrupts.clone();
                self.build = Some(thread::spawn(move || {
                    compile::build(&compile::SHOP, Profile::Dev, &interrupts)
                }));
            }
            None => {}
        }
        Ok(())
    }

    fn finish(&mut self, build: JoinHandle<Result<Programs>>, started: &mut Started) -> Result<()> {
        match build
            .join()
            .ok()
            .context("the build could not be followed")?
        {
            Ok(programs) => self.restart_changed(programs, started),
            Err(_) if self.interrupts.count() > 0 => Ok(()),
            Err(error) => {
                complain(&error);
                say("what runs goes on running as it was");
                Ok(())
            }
        }
    }

    fn restart_changed(&mut self, programs: Programs, started: &mut Started) -> Result<()> {
        let stamps = stamps(&programs);
        started.programs = programs;
        let mut restarted = Vec::new();
        for member in started.shop.members.clone() {
            let Component::Service(service) = member.component else {
                continue;
            };
            if stamps.get(service.name()) != self.stamps.get(service.name()) {
                started.restart(&member)?;
                restarted.push(member.name);
            }
        }
        self.stamps = stamps;
        if restarted.is_empty() {
            say("built; no service has changed");
        } else {
            say(format_args!("built; restarted {}", restarted.join(", ")));
        }
        Ok(())
    }

    /// Waits for a build that Ctrl-C has ended, so that no compiler is left running.
    fn close(self) {
        if let Some(build) = self.build {
            // Its result is of no interest any more.
            let _ = build.join();
        }
    }
}

/// When each program was linked: cargo leaves those alone that would come out the same.
fn stamps(programs: &Programs) -> BTreeMap<String, SystemTime> {
    let stamp = |(name, path): (&String, &std::path::PathBuf)| {
        Some((name.clone(), fs::metadata(path).ok()?.modified().ok()?))
    };
    programs.iter().filter_map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, DataChange};

    use super::*;

    #[test]
    fn what_an_editor_leaves_beside_a_file_is_no_change() {
        let check =
            |kind: EventKind, path: &str| is_change(&Event::new(kind).add_path(path.into()));
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
