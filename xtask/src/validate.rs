//! `cargo xtask validate`: checks the deployment files against schemas, policies and the code, without
//! a cluster and without a cloud.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::Result;

use crate::{
    console::{Colour, paint, print, print_error, table},
    interrupt,
    programs::run as run_program,
    state::project_root,
};

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
    check("Kubernetes", "rendered objects: schemas, policies, network, references, checkov", &["infrastructure/kubernetes/check"]),
    check("deployment", "tests of deploy and smoke, with a stub cluster", &["node", "--test", "infrastructure/kubernetes/test/deploy.test.mjs", "infrastructure/kubernetes/test/smoke.test.mjs"]),
    check("Compose", "schema, Dockerfile, checkov, references", &["infrastructure/compose/check"]),
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

/// Runs all checks. A failing check does not prevent the checks after it.
pub(crate) fn run() -> Result<ExitCode> {
    let mut rows = vec![row(["CHECK", "SUBJECT", "OUTCOME", "SECONDS"])];
    let mut failed = false;
    for check in CHECKS {
        print(format_args!(
            "\n{} {}",
            paint(Colour::Blue, check.name),
            check.command.join(" ")
        ));
        let begin = Instant::now();
        let outcome = run_check(check)?;
        failed |= outcome == Outcome::Failed;
        let seconds = format!("{:.1}", begin.elapsed().as_secs_f64());
        rows.push(row([
            check.name,
            check.subject,
            outcome.describe(),
            &seconds,
        ]));
    }
    print("");
    for line in table(&rows) {
        print(line);
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn row(cells: [&str; 4]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn run_check(check: &Check) -> Result<Outcome> {
    let [program, arguments @ ..] = check.command else {
        return Ok(Outcome::Failed);
    };
    let root = project_root();
    let program = if program.contains('/') {
        root.join(program)
    } else {
        PathBuf::from(program)
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root);
    match run_program(&mut command) {
        Ok(status) => Ok(Outcome::from_code(status.code())),
        Err(error) => {
            interrupt::check()?;
            // The program is not installed; the other checks can still run.
            print_error(&error);
            Ok(Outcome::Failed)
        }
    }
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
