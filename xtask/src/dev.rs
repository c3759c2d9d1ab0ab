//! `cargo xtask dev`: rebuilds and restarts services when their source changes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, bail};

use crate::{
    cargo::{self, Profile, Programs},
    console::{print, print_error},
    edge::Page,
    frontend::modified,
    interrupt,
    layout::{Component, Phase},
    options::ShopOptions,
    state::project_root,
    supervisor::RunningShop,
    up,
};

/// How often the source is read. It must be unchanged for as long before a build, because tools write
/// several files in a row.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The source files, and when each was modified.
type Source = BTreeMap<PathBuf, Option<SystemTime>>;

/// Runs the shop in the dev profile and keeps it up to date until Ctrl-C.
pub(crate) fn run(options: ShopOptions) -> Result<ExitCode> {
    let source = read_source();
    let shop = RunningShop::start(options, Profile::Dev, Page::Edited)?;
    let own = shop.own();
    let mut services = Component::services().map(Component::name);
    if let Some(service) = services.find(|name| own.iter().all(|own| own != name)) {
        bail!(
            "another command has started {service}; stop the shop with `cargo xtask down{}` first",
            shop.state.option()
        );
    }
    let mut rebuilder = Rebuilder {
        built: source.clone(),
        read: source,
        read_at: Instant::now(),
        build: None,
    };
    up::print_urls(&shop);
    print("  edit        services/, crates/: affected services are rebuilt and restarted;");
    print("              frontend/: the browser shows each saved change");
    let result = shop.show(|shop| rebuilder.poll(shop));
    // Ctrl-C has stopped a build: wait, so that no compiler is left running.
    let _ = rebuilder.build.map(JoinHandle::join);
    result.map(|()| ExitCode::SUCCESS)
}

fn read_source() -> Source {
    let mut source = Source::new();
    for name in ["services", "crates", "Cargo.toml", "Cargo.lock"] {
        add_files(&project_root().join(name), &mut source);
    }
    source
}

/// Adds a file, or all files in a folder, except editors' backup and lock files.
fn add_files(path: &Path, source: &mut Source) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let suffixes = ["~", ".swp", ".tmp", ".snap.new"];
    if name.starts_with(['.', '#']) || suffixes.iter().any(|suffix| name.ends_with(suffix)) {
        return;
    }
    match fs::read_dir(path) {
        Ok(entries) => entries
            .flatten()
            .for_each(|entry| add_files(&entry.path(), source)),
        Err(_) => drop(source.insert(path.to_owned(), modified(path))),
    }
}

/// Builds in the background after changes, and restarts the services whose programs are newer than
/// their processes.
struct Rebuilder {
    built: Source,
    read: Source,
    read_at: Instant,
    build: Option<JoinHandle<Result<Programs>>>,
}

impl Rebuilder {
    fn poll(&mut self, shop: &mut RunningShop) -> Result<()> {
        if let Some(build) = self.build.take_if(|build| build.is_finished()) {
            match build.join().ok().context("the build panicked")? {
                Ok(programs) => return restart_changed(programs, shop),
                Err(_) if interrupt::count() > 0 => {}
                Err(error) => {
                    print_error(&error);
                    print("the running services are unchanged");
                }
            }
        }
        if self.build.is_some() || self.read_at.elapsed() < POLL_INTERVAL {
            return Ok(());
        }
        let source = read_source();
        if source == self.read && source != self.built {
            print("the source has changed; building");
            self.built.clone_from(&source);
            let build = || cargo::build(&cargo::SHOP_PACKAGES, Profile::Dev);
            self.build = Some(thread::spawn(build));
        }
        (self.read, self.read_at) = (source, Instant::now());
        Ok(())
    }
}

fn restart_changed(programs: Programs, shop: &mut RunningShop) -> Result<()> {
    shop.programs = programs;
    let mut restarted = Vec::new();
    for instance in shop.shop.instances.clone() {
        let component = instance.component;
        // Cargo does not write a program again if nothing in it has changed.
        if component.phase() == Phase::Services
            && modified(shop.programs.path(component.name())?)
                > modified(&shop.state.pid_file(&instance.name))
        {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_files_when_read_then_only_source_files_are_found_with_their_times() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source");
        fs::create_dir_all(source.join("nested")).unwrap();
        for name in [
            "Cargo.toml",
            "nested/store.rs",
            ".store.rs.swp",
            "store.rs~",
        ] {
            fs::write(source.join(name), "").unwrap();
        }
        let mut found = Source::new();
        add_files(&source, &mut found);
        let file = source.join("nested/store.rs");
        assert_eq!(found[&file], modified(&file));
        assert!(found.into_keys().eq([source.join("Cargo.toml"), file]));
    }
}
