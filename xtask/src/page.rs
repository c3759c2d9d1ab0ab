//! The page: its packages, and its build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::SystemTime,
};

use anyhow::{Result, bail};
use backing_services::Process;

use crate::{
    compile::{exit_code, wait},
    console::say,
    interrupts::Interrupts,
    state::project_root,
    system,
};

/// What the build reads, within the page's folder.
const SOURCES: [&str; 9] = [
    "src",
    "public",
    "build",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "tsconfig.base.json",
    "tsconfig.app.json",
];

/// Where the page's code is.
pub(crate) fn folder() -> PathBuf {
    project_root().join("frontend")
}

/// Where the built page is.
pub(crate) fn built() -> PathBuf {
    folder().join("dist")
}

/// npm, in the page's folder.
pub(crate) fn npm(arguments: &[&str]) -> Result<Command> {
    let Some(npm) = system::find("npm") else {
        bail!("npm, which builds the page, is missing; install Node.js (https://nodejs.org)");
    };
    let mut command = Command::new(npm);
    command.args(arguments).current_dir(folder());
    Ok(command)
}

/// Installs the page's packages unless they are those of the lock file.
pub(crate) fn bring_packages(interrupts: &Interrupts) -> Result<()> {
    let folder = folder();
    // npm writes this file last.
    let installed = modified(&folder.join("node_modules/.package-lock.json"));
    if installed > modified(&folder.join("package-lock.json")) {
        return Ok(());
    }
    say("bringing the page's packages into frontend/node_modules");
    run(npm(&["ci", "--no-audit", "--no-fund"])?, interrupts)
}

/// Builds the page unless nothing has changed since the last time.
pub(crate) fn build(interrupts: &Interrupts) -> Result<()> {
    bring_packages(interrupts)?;
    let folder = folder();
    let changed = SOURCES.iter().map(|source| newest(&folder.join(source)));
    if modified(&built().join("index.html")) > changed.max().flatten() {
        return Ok(());
    }
    say("building the page");
    run(npm(&["run", "--silent", "build"])?, interrupts)
}

fn run(command: Command, interrupts: &Interrupts) -> Result<()> {
    if run_to_end(command, interrupts)? == ExitCode::SUCCESS {
        Ok(())
    } else {
        bail!("npm failed, see above");
    }
}

/// Runs npm, whose output is visible, and tells how it ended.
pub(crate) fn run_to_end(mut command: Command, interrupts: &Interrupts) -> Result<ExitCode> {
    let mut process = Process::spawn_unlogged("npm", &mut command)?;
    Ok(exit_code(wait(&mut process, interrupts)?))
}

/// When a file was last changed; nothing, which is before everything, when it is not there.
fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}

/// When the file, or the last of the files in the folder, was changed.
fn newest(place: &Path) -> Option<SystemTime> {
    let within = fs::read_dir(place).into_iter().flatten().flatten();
    within
        .map(|entry| newest(&entry.path()))
        .max()
        .flatten()
        .max(modified(place))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_newest_file_counts_however_deep_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        let file = deep.join("c.ts");
        fs::write(&file, "").unwrap();
        let later = SystemTime::now() + Duration::from_hours(1);
        fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(later)
            .unwrap();
        assert_eq!(newest(folder.path()), modified(&file));
        assert_eq!(newest(&folder.path().join("none")), None);
    }
}
