//! Cargo, which makes the shop's programs.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    io::Read,
    path::PathBuf,
    process::{Command, ExitCode, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use backing_services::Process;
use serde_json::Value;

use crate::{interrupts::Interrupts, state::project_root};

/// How long cargo is given to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// What is built for running the shop.
pub(crate) const SHOP: [&str; 5] = [
    "gateway",
    "authentication",
    "products",
    "orders",
    "messaging",
];

/// How much the compiler does for speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick programs.
    Release,
    /// A quick build.
    Dev,
    /// As `cargo test` builds them, so that nothing is compiled twice.
    Tests,
}

/// The programs that were built, by name.
pub(crate) type Programs = BTreeMap<String, PathBuf>;

/// Builds the programs of some packages. What cargo says about it is visible.
pub(crate) fn build(
    packages: &[&str],
    profile: Profile,
    interrupts: &Interrupts,
) -> Result<Programs> {
    let mut command = cargo();
    command
        .args(["build", "--message-format", "json-render-diagnostics"])
        .stdout(Stdio::piped());
    if profile == Profile::Release {
        command.arg("--release");
    }
    if profile == Profile::Tests {
        command.args(["--workspace", "--all-targets"]);
    } else {
        command.args(packages.iter().flat_map(|package| ["--package", package]));
    }
    let mut process = Process::spawn_unlogged("cargo build", &mut command)?;
    // Read all the time, or cargo would wait for the pipe to have room.
    let mut output = process
        .child()
        .stdout
        .take()
        .context("cargo's output cannot be read")?;
    let reader = thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    });
    let status = wait(&mut process, interrupts)?;
    if !status.success() {
        bail!("the build failed, see above");
    }
    let messages = reader
        .join()
        .ok()
        .context("cargo's output cannot be read")?
        .context("cargo's output cannot be read")?;
    Ok(programs(&messages))
}

/// Cargo, in the root of the project, as if it was called by hand.
///
/// `cargo xtask` has put variables about this package into the environment. Build scripts that look
/// at such variables (that of `ring` does) would be run again, and everything that depends on them
/// compiled again, whenever a build here follows one by hand, or the other way round.
pub(crate) fn cargo() -> Command {
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

/// Waits for a run of cargo to end, or ends it on Ctrl-C, with everything that it has started.
pub(crate) fn wait(process: &mut Process, interrupts: &Interrupts) -> Result<ExitStatus> {
    loop {
        if let Some(status) = process.exited()? {
            return Ok(status);
        }
        if let Err(interrupted) = interrupts.check() {
            process.stop(GRACE, || false)?;
            return Err(interrupted);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// How a command ends that ends as another program did.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    // Without a code it was ended by a signal, which is no success.
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The programs in cargo's messages, one JSON object a line.
/// Source: <https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages>.
fn programs(messages: &str) -> Programs {
    let program = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        // The tests of a program are another program of the same name.
        if message["profile"]["test"] == true {
            return None;
        }
        let path = message["executable"].as_str()?;
        Some((
            message["target"]["name"].as_str()?.to_owned(),
            PathBuf::from(path),
        ))
    };
    messages.lines().filter_map(program).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"events"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"orders"},"executable":"/there/orders"}
{"reason":"compiler-artifact","target":{"name":"orders"},"profile":{"test":true},"executable":"/there/deps/orders-1"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(
            programs(messages),
            Programs::from([("orders".to_owned(), PathBuf::from("/there/orders"))])
        );
    }
}
