//! `cargo xtask dev`: rebuilds and restarts services when their source changes.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, bail};

use crate::{
    cargo::{self, Profile},
    console::print_error,
    frontend::modified,
    interrupt,
    launch::{Page, ShopOptions},
    layout::Component,
    state::project_root,
    supervisor::RunningShop,
    up,
};

/// How often the source is read.
const READ_INTERVAL: Duration = Duration::from_millis(250);

/// The source files, and when each was modified.
type Source = BTreeMap<PathBuf, Option<SystemTime>>;

/// Runs the shop in the dev profile and keeps it up to date until Ctrl-C.
pub(crate) fn run(options: ShopOptions) -> Result<()> {
    let mut compiled = read_source();
    let shop = RunningShop::start(options, Profile::Dev, Page::Edited)?;
    let own = shop.own();
    let mut programs = Component::programs().map(Component::name);
    if let Some(program) = programs.find(|name| own.iter().all(|own| own != name)) {
        bail!(
            "another command has started {program}; stop the shop with `cargo xtask down{}` first",
            shop.state.option()
        );
    }
    up::print_urls(&shop);
    print_line!("  edit        services/, crates/: affected services are rebuilt and restarted;");
    print_line!("              frontend/: the browser shows each saved change");
    let mut known = compiled.clone();
    let mut last_read = Instant::now();
    let mut build: Option<JoinHandle<Result<()>>> = None;
    let result = shop.show(|shop| {
        if let Some(build) = build.take_if(|build| build.is_finished()) {
            match build.join().ok().context("the build panicked")? {
                Ok(()) => restart_changed(shop)?,
                Err(_) if interrupt::count() > 0 => {}
                Err(error) => {
                    print_error(&error);
                    print_line!("the running services are unchanged");
                }
            }
        }
        if last_read.elapsed() < READ_INTERVAL {
            return Ok(());
        }
        last_read = Instant::now();
        let source = read_source();
        // Build only once two readings agree, because tools write several files one after the other.
        if build.is_none() && source == known && source != compiled {
            print_line!("the source has changed; building");
            compiled.clone_from(&source);
            build = Some(thread::spawn(|| cargo::build_shop(Profile::Dev)));
        }
        known = source;
        Ok(())
    });
    // Ctrl-C has stopped a build: wait, so that no compiler is left running.
    let _ = build.map(JoinHandle::join);
    result
}

fn read_source() -> Source {
    let root = project_root();
    let mut source = Source::new();
    for name in ["services", "crates", "Cargo.toml", "Cargo.lock"] {
        add(root.join(name), &mut source);
    }
    source
}

/// Adds a file, or all files in a folder, except editors' backup and lock files.
fn add(path: PathBuf, source: &mut Source) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let suffixes = ["~", ".swp", ".tmp", ".snap.new"];
    if name.starts_with(['.', '#']) || suffixes.iter().any(|suffix| name.ends_with(suffix)) {
        return;
    }
    if let Ok(entries) = fs::read_dir(&path) {
        entries
            .flatten()
            .for_each(|entry| add(entry.path(), source));
    } else {
        let time = modified(&path);
        source.insert(path, time);
    }
}

fn restart_changed(shop: &mut RunningShop) -> Result<()> {
    let mut restarted = Vec::new();
    for instance in shop.shop.instances.clone() {
        let component = instance.component;
        // Cargo does not write a program again if nothing in it has changed.
        if component.is_program()
            && modified(&cargo::program(component.name(), Profile::Dev)?)
                > modified(&shop.state.pid_file(&instance.name))
        {
            shop.restart(&instance)?;
            restarted.push(instance.name);
        }
    }
    if restarted.is_empty() {
        print_line!("built; no service has changed");
    } else {
        print_line!("built; restarted {}", restarted.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(root: &Path) -> Source {
        let mut source = Source::new();
        add(root.to_owned(), &mut source);
        source
    }

    #[test]
    fn given_files_when_read_then_only_source_files_are_found_with_their_times() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("source");
        fs::create_dir_all(root.join("nested")).unwrap();
        for name in [
            "Cargo.toml",
            "nested/store.rs",
            ".store.rs.swp",
            "store.rs~",
        ] {
            fs::write(root.join(name), "").unwrap();
        }
        let files = ["Cargo.toml", "nested/store.rs"].map(|name| root.join(name));
        let files = files.map(|file| (file.clone(), modified(&file)));
        assert_eq!(read(&root), Source::from(files));
    }

    #[test]
    fn given_a_file_when_it_is_renamed_or_older_then_the_source_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("source");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("old.rs"), "").unwrap();
        let original = read(&root);
        fs::rename(root.join("old.rs"), root.join("new.rs")).unwrap();
        let renamed = read(&root);
        assert_ne!(renamed, original);
        let file = fs::File::options().write(true).open(root.join("new.rs"));
        file.unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_ne!(read(&root), renamed);
    }
}
