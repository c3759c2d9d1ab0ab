//! `cargo xtask validate`: what the shop is deployed with, held against schemas, policies and the code,
//! without a cluster and without a cloud.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::Result;
use backing_services::Process;

use crate::{
    compile::wait,
    console::{Colour, paint, say, table},
    interrupts::Interrupts,
    state::project_root,
};

/// The exit code of a check that could not be made here (`EX_UNAVAILABLE` in sysexits.h).
const UNAVAILABLE: i32 = 69;

/// One check: a command that a person can call too.
struct Check {
    name: &'static str,
    /// What it looks at, for the table.
    what: &'static str,
    command: &'static [&'static str],
}

#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check("Kubernetes", "rendered objects: schemas, policies, network, references, checkov", &["infrastructure/kubernetes/check"]),
    check("Kubernetes, faults", "each check finds what was planted for it", &["infrastructure/kubernetes/check", "--self-test"]),
    check("deployment", "what deploy and smoke decide, with stand-ins for a cluster", &["node", "--test", "infrastructure/kubernetes/test/deploy.test.mjs", "infrastructure/kubernetes/test/smoke.test.mjs"]),
    check("Compose", "schema, Dockerfile, checkov", &["infrastructure/compose/check"]),
    check("Compose, references", "images, ports, hosts, variables, secrets", &["target/compose/bin/python", "infrastructure/compose/references.py"]),
    check("Compose, faults", "each reference that is broken is found", &["target/compose/bin/python", "infrastructure/compose/references.py", "--self-test"]),
    check("edge", "nginx's configuration: gixy, and what nginx does", &["infrastructure/nginx/check"]),
    check("Terraform, format", "how the files are laid out", &["infrastructure/terraform/check", "format"]),
    check("Terraform, roots", "validity of the shop and its environments, tests", &["infrastructure/terraform/check", "roots"]),
    check("Terraform, findings", "checkov", &["infrastructure/terraform/check", "findings"]),
    check("Terraform, faults", "each of the three finds what was planted for it", &["infrastructure/terraform/check", "--self-test"]),
    check("CircleCI", "schema; jobs are reached, what they name is there, deployments are in order", &[".circleci/check"]),
    check("CircleCI, faults", "each check finds what was planted for it", &[".circleci/check", "--self-test"]),
    check("release", "what build, promote and sign-in decide, with stand-ins for a registry", &["node", "--test", ".circleci/test/release.test.mjs"]),
    check("scripts", "shellcheck", &[".ci/scripts"]),
];

const fn check(name: &'static str, what: &'static str, command: &'static [&'static str]) -> Check {
    Check {
        name,
        what,
        command,
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Unavailable,
    Failed,
}

impl Outcome {
    fn of(code: Option<i32>) -> Self {
        match code {
            Some(0) => Self::Passed,
            Some(UNAVAILABLE) => Self::Unavailable,
            _ => Self::Failed,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Unavailable => "not possible here, see above",
            Self::Failed => "FAILED",
        }
    }
}

/// Runs all of them, whatever becomes of the one before; fails if one of them does.
pub(crate) fn run(interrupts: &Interrupts) -> Result<ExitCode> {
    let mut rows = vec![row(["CHECK", "WHAT", "OUTCOME", "SECONDS"])];
    let mut failed = false;
    for check in CHECKS {
        say(format_args!(
            "\n{} {}",
            paint(Colour::Blue, check.name),
            check.command.join(" ")
        ));
        let began = Instant::now();
        let outcome = make(check, interrupts)?;
        failed |= outcome == Outcome::Failed;
        let seconds = format!("{:.1}", began.elapsed().as_secs_f64());
        rows.push(row([check.name, check.what, outcome.describe(), &seconds]));
    }
    say("");
    for line in table(&rows) {
        say(line);
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

fn make(check: &Check, interrupts: &Interrupts) -> Result<Outcome> {
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
    match Process::spawn_unlogged(check.name, &mut command) {
        Ok(mut process) => Ok(Outcome::of(wait(&mut process, interrupts)?.code())),
        // What brings it has failed, or it is not installed; the other checks can still be made.
        Err(error) => {
            say(error);
            Ok(Outcome::Failed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_an_exit_code_when_it_is_none_of_success_then_the_check_has_failed() {
        assert_eq!(Outcome::of(Some(0)), Outcome::Passed);
        assert_eq!(Outcome::of(Some(69)), Outcome::Unavailable);
        assert_eq!(Outcome::of(Some(1)), Outcome::Failed);
        // By a signal.
        assert_eq!(Outcome::of(None), Outcome::Failed);
    }

    #[test]
    fn given_a_check_when_it_is_of_the_project_then_its_files_are_there() {
        let files = CHECKS.iter().flat_map(|check| check.command);
        let ours = files.filter(|part| part.contains('/') && !part.starts_with("target/"));
        for file in ours {
            let path = project_root().join(file);
            assert!(path.exists(), "{file} is not there");
        }
    }
}
