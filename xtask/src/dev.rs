//! `cargo xtask dev`: rebuilds and restarts services when their source changes.

use std::{
    fs,
    path::Path,
    thread::{self, JoinHandle},
    time::SystemTime,
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

/// The number of source files, and when the newest was modified.
type Source = (usize, Option<SystemTime>);

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
    println!("  edit        services/, crates/: affected services are rebuilt and restarted;");
    println!("              frontend/: the browser shows each saved change");
    let mut known = compiled;
    let mut build: Option<JoinHandle<Result<()>>> = None;
    let result = shop.show(|shop| {
        if let Some(build) = build.take_if(|build| build.is_finished()) {
            match build.join().ok().context("the build panicked")? {
                Ok(()) => restart_changed(shop)?,
                Err(_) if interrupt::count() > 0 => {}
                Err(error) => {
                    print_error(&error);
                    println!("the running services are unchanged");
                }
            }
        }
        let source = read_source();
        // It must be the same twice in a row, because tools write several files in a row.
        if build.is_none() && source == known && source != compiled {
            println!("the source has changed; building");
            compiled = source;
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
    let parts = ["services", "crates", "Cargo.toml", "Cargo.lock"];
    sum(parts.iter().map(|name| source(&root.join(name))))
}

/// A file, or all files in a folder, except editors' backup and lock files.
fn source(path: &Path) -> Source {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let suffixes = ["~", ".swp", ".tmp", ".snap.new"];
    if name.starts_with(['.', '#']) || suffixes.iter().any(|suffix| name.ends_with(suffix)) {
        return (0, None);
    }
    match fs::read_dir(path) {
        Ok(entries) => sum(entries.flatten().map(|entry| source(&entry.path()))),
        Err(_) => (1, modified(path)),
    }
}

fn sum(parts: impl Iterator<Item = Source>) -> Source {
    parts.fold((0, None), |sum, part| (sum.0 + part.0, sum.1.max(part.1)))
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
        println!("built; no service has changed");
    } else {
        println!("built; restarted {}", restarted.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let files = ["Cargo.toml", "nested/store.rs"].map(|name| modified(&root.join(name)));
        assert_eq!(source(&root), (2, files.into_iter().max().flatten()));
    }
}
