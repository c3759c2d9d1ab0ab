//! Cargo, which builds the shop's programs.

use std::{
    env,
    ffi::OsString,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};

use crate::{layout::Component, programs::run, state::project_root};

/// A build profile of cargo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Optimised programs.
    Release,
    /// Less optimised programs, which build faster.
    Dev,
    /// The same build as `cargo test`, so that nothing is compiled twice.
    Test,
}

/// Builds the shop's programs. Cargo's progress and diagnostics are visible.
pub(crate) fn build_shop(profile: Profile) -> Result<()> {
    let programs = Component::programs().map(Component::name);
    build(programs.chain(["messaging"]), profile)
}

fn build<'a>(packages: impl Iterator<Item = &'a str>, profile: Profile) -> Result<()> {
    let mut command = command();
    command.arg("build");
    match profile {
        Profile::Test => command.args(["--workspace", "--all-targets"]),
        _ => command.args(packages.flat_map(|package| ["--package", package])),
    };
    command.args((profile == Profile::Release).then_some("--release"));
    if !run(&mut command)?.success() {
        bail!("the build failed, see above");
    }
    Ok(())
}

/// The target folder, which this program is in.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let own = env::current_exe().context("cannot find this program")?;
    let folder = own.parent().and_then(Path::parent).map(Path::to_owned);
    folder.context("cannot find the target folder")
}

/// The path of a built program.
pub(crate) fn program(name: &str, profile: Profile) -> Result<PathBuf> {
    let profile = match profile {
        Profile::Release => "release",
        Profile::Dev | Profile::Test => "debug",
    };
    Ok(target_folder()?.join(profile).join(name))
}

/// Builds a program and replaces this process by it, so that its exit code and its handling of
/// Ctrl-C apply. Returns only errors.
pub(crate) fn build_and_exec(
    package: &str,
    name: &str,
    profile: Profile,
    arguments: &[String],
) -> Result<ExitCode> {
    build([package].into_iter(), profile)?;
    let path = program(name, profile)?;
    let error = Command::new(&path).args(arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", path.display()))
}

/// Cargo in the project's root, with the environment of a call by hand.
///
/// `cargo xtask` sets variables about this package. Build scripts that read such variables (that of
/// `ring` does) would run again, and everything that depends on them would be compiled again,
/// whenever a build here follows one by hand, or the reverse.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(project_root());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}
