//! Cargo, which builds the shop's programs.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    thread,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    programs::{spawn, wait},
    state::project_root,
};

/// The packages that the shop needs.
pub(crate) const SHOP_PACKAGES: [&str; 5] = [
    "gateway",
    "authentication",
    "products",
    "orders",
    "messaging",
];

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

/// The paths of built programs, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Programs(pub(crate) BTreeMap<String, PathBuf>);

impl Programs {
    /// Returns the path of a program.
    pub(crate) fn path(&self, name: &str) -> Result<&Path> {
        let path = self.0.get(name).map(PathBuf::as_path);
        path.with_context(|| format!("cargo did not build the program {name}"))
    }

    /// Reads the programs from cargo's messages, one JSON object per line.
    /// Source: <https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages>.
    fn from_messages(messages: &str) -> Self {
        let program = |line: &str| {
            let message: Value = serde_json::from_str(line).ok()?;
            // The unit tests of a program are another program of the same name.
            if message["profile"]["test"] == true {
                return None;
            }
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        };
        Self(messages.lines().filter_map(program).collect())
    }
}

/// Builds the programs of some packages. Cargo's progress and diagnostics are visible.
pub(crate) fn build(packages: &[&str], profile: Profile) -> Result<Programs> {
    let mut command = command();
    command
        .args(["build", "--message-format", "json-render-diagnostics"])
        .stdout(Stdio::piped());
    if profile == Profile::Release {
        command.arg("--release");
    }
    if profile == Profile::Test {
        command.args(["--workspace", "--all-targets"]);
    } else {
        command.args(packages.iter().flat_map(|package| ["--package", package]));
    }
    let unreadable = "cannot read cargo's output";
    let mut process = spawn(&mut command)?;
    let mut output = process.child().stdout.take().context(unreadable)?;
    // In parallel, because cargo blocks when the pipe is full.
    let reader = thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    });
    if !wait(&mut process)?.success() {
        bail!("the build failed, see above");
    }
    let messages = reader.join().ok().context(unreadable)?;
    Ok(Programs::from_messages(&messages.context(unreadable)?))
}

/// Builds a program and replaces this process by it, so that its exit code and its handling of
/// Ctrl-C apply. Returns only errors.
pub(crate) fn build_and_exec(
    package: &str,
    program: &str,
    profile: Profile,
    arguments: &[String],
) -> Result<ExitCode> {
    let programs = build(&[package], profile)?;
    let path = programs.path(program)?;
    let error = Command::new(path).args(arguments).exec();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_cargos_messages_when_read_then_the_programs_are_returned() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"events"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"orders"},"executable":"/there/orders"}
{"reason":"compiler-artifact","target":{"name":"orders"},"profile":{"test":true},"executable":"/there/deps/orders-1"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(
            Programs::from_messages(messages),
            Programs(BTreeMap::from([(
                "orders".to_owned(),
                PathBuf::from("/there/orders")
            )]))
        );
    }
}
