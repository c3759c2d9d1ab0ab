//! The previous release, which the test of upgrades runs beside this one.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    cargo,
    layout::Component,
    programs::run_successfully,
    state::{ignore_missing, project_root},
};

/// Names the release's commit.
const COMMIT_FILE: &str = "tests/load/previous-release";

/// Builds the services of the previous release from the git history, unless they are built. Returns
/// the folder of the programs. Without the history it fails in CI, and returns `None` elsewhere.
pub(crate) fn build() -> Result<Option<PathBuf>> {
    let commit = commit()?;
    let target = cargo::target_folder()?;
    let folder = target.join("previous-release").join(&commit);
    let programs = folder.join("debug");
    if Component::programs().all(|program| programs.join(program.name()).exists()) {
        return Ok(Some(programs));
    }
    if !is_in_history(&commit) {
        let missing = format!(
            "the git history lacks {commit}, the previous release; in a shallow clone, run \
             `git fetch --unshallow`"
        );
        if env::var_os("CI").is_some() {
            bail!(missing);
        }
        print_line!("skipping the test of upgrades: {missing}");
        return Ok(None);
    }
    print_line!("building the previous release, {commit}, for the test of upgrades");
    let source = folder.join("source");
    extract(&commit, &source)?;
    build_services(&source, &folder, &target)?;
    remove(&source)?;
    Ok(Some(programs))
}

fn commit() -> Result<String> {
    let path = project_root().join(COMMIT_FILE);
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let commit = lines.next().map(str::trim).map(str::to_owned);
    commit.with_context(|| format!("{} contains no commit", path.display()))
}

fn is_in_history(commit: &str) -> bool {
    let mut command = git();
    command.args([
        "rev-parse",
        "--quiet",
        "--verify",
        &format!("{commit}^{{commit}}"),
    ]);
    command.output().is_ok_and(|output| output.status.success())
}

/// Writes the files of a commit to an empty folder.
fn extract(commit: &str, folder: &Path) -> Result<()> {
    remove(folder)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let archive = folder.with_extension("tar");
    run_successfully(
        git()
            .args(["archive", "--output"])
            .arg(&archive)
            .arg(commit),
    )?;
    let mut tar = Command::new("tar");
    run_successfully(tar.arg("-xf").arg(&archive).arg("-C").arg(folder))?;
    fs::remove_file(&archive).with_context(|| format!("cannot remove {}", archive.display()))
}

/// Builds into `folder`, and uses the dependencies that `target` has in the same version.
fn build_services(source: &Path, folder: &Path, target: &Path) -> Result<()> {
    let mut command = cargo::command();
    command
        .current_dir(source)
        .env("CARGO_TARGET_DIR", folder)
        .env("CARGO_BUILD_BUILD_DIR", target)
        // The compiler of Clippy, which builds this release in CI, would refuse what a later Clippy finds.
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("CLIPPY_ARGS")
        // Nothing is ever built again.
        .env("CARGO_INCREMENTAL", "0")
        .args(["build", "--workspace"])
        // With the profiles of this release, dependencies are compiled alike, and not twice.
        .arg("--config")
        .arg(project_root().join("Cargo.toml"))
        // A crate of this release has the same name, version and path, so that Cargo would take one for
        // the other. Another setting of the profile distinguishes them, and does not concern the
        // dependencies.
        .args(["--config", "profile.dev.debug='none'"])
        // There are no examples. But with this option, dependencies have the features that
        // `cargo test` gives them, and are not compiled twice.
        .arg("--examples")
        .args(Component::programs().flat_map(|program| ["--bin", program.name()]));
    run_successfully(&mut command)
}

fn remove(folder: &Path) -> Result<()> {
    ignore_missing(fs::remove_dir_all(folder))
        .with_context(|| format!("cannot remove {}", folder.display()))
}

fn git() -> Command {
    let mut git = Command::new("git");
    git.current_dir(project_root());
    git
}
