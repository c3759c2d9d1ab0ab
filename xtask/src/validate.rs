//! `cargo xtask validate`: checks the deployment files against schemas, policies and the code, without
//! a cluster and without a cloud.

use std::{
    io::{Read, Seek},
    iter,
    process::{Command, ExitCode},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use anstyle::AnsiColor;
use anyhow::{Context, Result};

use crate::{
    console::{paint, print_table},
    interrupt,
    programs::run as run_program,
    state::project_root,
};

/// How many checks run at the same time.
const WORKERS: usize = 2;
/// The exit code of a check that cannot run on this machine (`EX_UNAVAILABLE` in sysexits.h).
const UNAVAILABLE: i32 = 69;

/// A command that can also be called by hand.
struct Check {
    name: &'static str,
    subject: &'static str,
    command: &'static [&'static str],
}

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    Check { name: "Kubernetes", subject: "rendered objects: schemas, policies, network, references; and the Dockerfile", command: &["infrastructure/kubernetes/check"] },
    Check { name: "deployment", subject: "tests of deploy and smoke, with a stub cluster", command: &["node", "--test", "infrastructure/kubernetes/test/deploy.test.mjs", "infrastructure/kubernetes/test/smoke.test.mjs"] },
    Check { name: "Compose", subject: "schema, Dockerfile, references", command: &["infrastructure/compose/check"] },
    Check { name: "edge", subject: "nginx's configuration: gixy, and nginx's behaviour", command: &["infrastructure/nginx/check"] },
    Check { name: "Terraform, bootstrap", subject: "tests of bootstrap, with a stub of gcloud", command: &["node", "--test", "infrastructure/terraform/tests/bootstrap.test.mjs"] },
    Check { name: "Terraform, format", subject: "formatting of the files", command: &["infrastructure/terraform/check", "format"] },
    Check { name: "Terraform, roots", subject: "validity of the shop and its environments; tests", command: &["infrastructure/terraform/check", "roots"] },
    Check { name: "Terraform, findings", subject: "checkov", command: &["infrastructure/terraform/check", "findings"] },
    Check { name: "CircleCI", subject: "schema; jobs are reachable, their references exist, deployments are in order", command: &[".circleci/check"] },
    Check { name: "release", subject: "tests of build, promote and sign-in, with a stub registry", command: &["node", "--test", ".circleci/test/release.test.mjs"] },
    Check { name: "documents", subject: "each code block says where its commands run; syntax and paths of the commands", command: &["docs/check"] },
    Check { name: "scripts", subject: "shellcheck", command: &[".ci/scripts"] },
];

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
    let work = || {
        let index = || Some(next.fetch_add(1, Ordering::Relaxed));
        let mine = iter::from_fn(index).take_while(|index| *index < CHECKS.len());
        let check = |index| Ok((index, run_check(index)?));
        mine.map(check).collect::<Result<Vec<_>>>()
    };
    let mut done = Vec::new();
    thread::scope(|scope| {
        for worker in [(); WORKERS].map(|()| scope.spawn(work)) {
            done.extend(worker.join().ok().context("a worker has panicked")??);
        }
        anyhow::Ok(())
    })?;
    done.sort_by_key(|(index, _)| *index);
    let row = |(index, (outcome, seconds)): &(usize, (Outcome, f64))| {
        let Check { name, subject, .. } = CHECKS[*index];
        [name, subject, outcome.describe(), &format!("{seconds:.1}")].map(str::to_owned)
    };
    let rows: Vec<_> = done.iter().map(row).collect();
    print_line!();
    print_table(["CHECK", "SUBJECT", "OUTCOME", "SECONDS"], &rows);
    let has_failed = done
        .iter()
        .any(|(_, (outcome, _))| *outcome == Outcome::Failed);
    Ok(ExitCode::from(u8::from(has_failed)))
}

/// Runs a check, and prints its whole output when it has ended. Returns its duration in seconds.
fn run_check(index: usize) -> Result<(Outcome, f64)> {
    let Check {
        name,
        command: words,
        ..
    } = CHECKS[index];
    print_line!("started {name}: {}", words.join(" "));
    let begin = Instant::now();
    let root = project_root();
    let mut output = tempfile::tempfile()?;
    let mut command = match words[0] {
        script if script.contains('/') => Command::new(root.join(script)),
        program => Command::new(program),
    };
    command
        .args(&words[1..])
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
    let (name, text) = (paint(AnsiColor::Blue, name), text.trim_end());
    print_line!(
        "\n{name} {} after {seconds:.1} s\n{text}",
        outcome.describe()
    );
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
