//! The page: its packages, and its build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::SystemTime,
};

use anyhow::{Context, Result};

use crate::{
    programs::{self, exit_code, find, run_successfully},
    state::project_root,
};

/// The inputs of the build, within the page's folder.
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

fn folder() -> PathBuf {
    project_root().join("frontend")
}

/// The folder of the built page.
pub(crate) fn built() -> PathBuf {
    folder().join("dist")
}

/// npm in the page's folder.
pub(crate) fn npm(arguments: &[&str]) -> Result<Command> {
    let npm = find("npm")
        .context("npm, which builds the page, is missing; install Node.js (https://nodejs.org)")?;
    let mut command = Command::new(npm);
    command.args(arguments).current_dir(folder());
    Ok(command)
}

/// Runs an npm command to its end, and returns its exit code.
pub(crate) fn run(command: &mut Command) -> Result<ExitCode> {
    programs::run(command).map(exit_code)
}

/// Installs the page's packages if the lock file has changed.
pub(crate) fn install_packages() -> Result<()> {
    let folder = folder();
    // npm writes this file last.
    let installed = modified(&folder.join("node_modules/.package-lock.json"));
    if installed > modified(&folder.join("package-lock.json")) {
        return Ok(());
    }
    print_line!("installing the page's packages into frontend/node_modules");
    run_successfully(&mut npm(&["ci", "--no-audit", "--no-fund"])?)
}

/// Builds the page if its sources have changed.
pub(crate) fn build() -> Result<()> {
    install_packages()?;
    let folder = folder();
    let sources = SOURCES.iter().map(|source| newest(&folder.join(source)));
    if modified(&built().join("index.html")) > sources.max().flatten() {
        return Ok(());
    }
    print_line!("building the page");
    run_successfully(&mut npm(&["run", "--silent", "build"])?)
}

/// When a file was last modified; `None`, which is less than every time, if it does not exist.
pub(crate) fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}

/// When a file, or the newest file in a folder, was last modified.
fn newest(path: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let newest_entry = entries.map(|entry| newest(&entry.path())).max().flatten();
    newest_entry.max(modified(path))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn given_nested_folders_when_searched_then_the_newest_file_counts() {
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
