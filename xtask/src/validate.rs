//! `cargo xtask validate`: checks the deployment files against schemas, policies and the code, without
//! a cluster and without a cloud.

use std::{
    io::{Read, Seek},
    path::PathBuf,
    process::{Command, ExitCode},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use anstyle::AnsiColor;
use anyhow::{Result, anyhow};

use crate::{
    console::{paint, print, table},
    interrupt,
    programs::run as run_program,
    state::project_root,
};

/// How many checks run at the same time.
const WORKERS: usize = 2;
/// The exit code of a check that cannot run on this machine (`EX_UNAVAILABLE` in sysexits.h).
const UNAVAILABLE: i32 = 69;

/// A check: a command that can also be called by hand.
struct Check {
    name: &'static str,
    /// Its subject, for the table.
    subject: &'static str,
    command: &'static [&'static str],
}

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check("Kubernetes", "rendered objects: schemas, policies, network, references; and the Dockerfile", &["infrastructure/kubernetes/check"]),
    check("deployment", "tests of deploy and smoke, with a stub cluster", &["node", "--test", "infrastructure/kubernetes/test/deploy.test.mjs", "infrastructure/kubernetes/test/smoke.test.mjs"]),
    check("Compose", "schema, Dockerfile, references", &["infrastructure/compose/check"]),
    check("edge", "nginx's configuration: gixy, and nginx's behaviour", &["infrastructure/nginx/check"]),
    check("Terraform, format", "formatting of the files", &["infrastructure/terraform/check", "format"]),
    check("Terraform, roots", "validity of the shop and its environments; tests", &["infrastructure/terraform/check", "roots"]),
    check("Terraform, findings", "checkov", &["infrastructure/terraform/check", "findings"]),
    check("CircleCI", "schema; jobs are reachable, their references exist, deployments are in order", &[".circleci/check"]),
    check("release", "tests of build, promote and sign-in, with a stub registry", &["node", "--test", ".circleci/test/release.test.mjs"]),
    check("scripts", "shellcheck", &[".ci/scripts"]),
];

const fn check(
    name: &'static str,
    subject: &'static str,
    command: &'static [&'static str],
) -> Check {
    Check {
        name,
        subject,
        command,
    }
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Unavailable,
    Failed,
}

impl Outcome {
    fn from_code(code: Option<i32>) -> Self {
        match code {
            Some(0) => Self::Passed,
            Some(UNAVAILABLE) => Self::Unavailable,
            _ => Self::Failed,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Unavailable => "skipped, see above",
            Self::Failed => "FAILED",
        }
    }
}

/// Runs all checks, several at a time. A failing check does not prevent the others.
pub(crate) fn run() -> Result<ExitCode> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<_>> {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(check) = CHECKS.get(index) else {
                return Ok(done);
            };
            done.push((index, run_check(check)?));
        }
    };
    let mut done = Vec::new();
    thread::scope(|scope| {
        let workers = [(); WORKERS].map(|()| scope.spawn(work));
        workers.into_iter().try_for_each(|worker| {
            let results = worker
                .join()
                .map_err(|_| anyhow!("a worker has panicked"))?;
            done.extend(results?);
            anyhow::Ok(())
        })
    })?;
    done.sort_by_key(|(index, _)| *index);
    let row = |(index, (outcome, seconds)): &(usize, (Outcome, f64))| {
        let Check { name, subject, .. } = CHECKS[*index];
        let seconds = format!("{seconds:.1}");
        [name, subject, outcome.describe(), &seconds].map(str::to_owned)
    };
    let rows: Vec<_> = done.iter().map(row).collect();
    print("");
    let lines = table(["CHECK", "SUBJECT", "OUTCOME", "SECONDS"], &rows);
    lines.iter().for_each(print);
    let failed = done
        .iter()
        .any(|(_, (outcome, _))| *outcome == Outcome::Failed);
    Ok(ExitCode::from(u8::from(failed)))
}

/// Runs a check, and prints its whole output when it has ended. Returns its duration in seconds.
fn run_check(check: &Check) -> Result<(Outcome, f64)> {
    print(format_args!(
        "started {}: {}",
        check.name,
        check.command.join(" ")
    ));
    let begin = Instant::now();
    let root = project_root();
    let mut parts = check.command.iter().map(|part| {
        if part.contains('/') {
            root.join(part)
        } else {
            PathBuf::from(part)
        }
    });
    let mut output = tempfile::tempfile()?;
    let mut command = Command::new(parts.next().unwrap_or_default());
    command
        .args(parts)
        .current_dir(&root)
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?);
    let result = run_program(&mut command);
    interrupt::check()?;
    let mut text = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut text)?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    let outcome = match result {
        Ok(status) => Outcome::from_code(status.code()),
        Err(error) => {
            // The program is not installed; the other checks can still run.
            text = format!("error: {error:#}");
            Outcome::Failed
        }
    };
    let seconds = begin.elapsed().as_secs_f64();
    let name = paint(AnsiColor::Blue, check.name);
    let outcome_text = outcome.describe();
    print(format_args!(
        "\n{name} {outcome_text} after {seconds:.1} s\n{}",
        text.trim_end()
    ));
    Ok((outcome, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_an_exit_code_when_it_is_neither_success_nor_unavailable_then_the_check_has_failed() {
        assert_eq!(Outcome::from_code(Some(0)), Outcome::Passed);
        assert_eq!(Outcome::from_code(Some(69)), Outcome::Unavailable);
        assert_eq!(Outcome::from_code(Some(1)), Outcome::Failed);
        // No exit code: a signal ended the check.
        assert_eq!(Outcome::from_code(None), Outcome::Failed);
    }

    #[test]
    fn given_the_checks_when_listed_then_their_files_exist() {
        let files = CHECKS.iter().flat_map(|check| check.command);
        let ours = files.filter(|part| part.contains('/') && !part.starts_with("target/"));
        for file in ours {
            let path = project_root().join(file);
            assert!(path.exists(), "{file} does not exist");
        }
    }
}
