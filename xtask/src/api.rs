//! The API from outside: what its documents promise, and what must not get through the edge.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use backing_services::Process;

use crate::{
    compile::{Profile, exit_code, wait},
    console::say,
    interrupts::Interrupts,
    layout::{Component, Service},
    state::project_root,
    system,
    temporary::Temporary,
};

/// Tries both on a shop of its own.
pub(crate) fn test(interrupts: &Interrupts) -> Result<ExitCode> {
    let python = bring_schemathesis(interrupts)?;
    let shop = Temporary::start(Profile::Tests, interrupts)?;
    let option = |component: Component| format!("--{}={}", component.name(), shop.url(component));

    // The services were attacked by their own tests. This one mostly waits, so the other runs beside
    // it.
    let mut command = Command::new(shop.program("attack")?);
    command.arg(option(Component::Edge));
    let mut attack = Process::spawn_unlogged("attack", &mut command)?;

    say("the API: what its documents promise");
    let mut command = Command::new(python);
    command
        .arg(folder().join("check.py"))
        .args(Service::ALL.map(|service| option(Component::Service(service))));
    let mut documents = Process::spawn_unlogged("schemathesis", &mut command)?;
    let codes = [
        exit_code(wait(&mut documents, interrupts)?),
        exit_code(wait(&mut attack, interrupts)?),
    ];
    let failed = codes.into_iter().find(|code| *code != ExitCode::SUCCESS);
    let code = failed.unwrap_or(ExitCode::SUCCESS);
    shop.keep_logs_of_failure(code)?;
    Ok(code)
}

fn folder() -> PathBuf {
    project_root().join("tests/openapi")
}

/// Python with schemathesis, installed once for each version into the folder of what is built.
fn bring_schemathesis(interrupts: &Interrupts) -> Result<PathBuf> {
    let Some(system_python) = system::find("python3") else {
        bail!("python3, which runs schemathesis, is missing; install Python 3 with venv and pip");
    };
    let wanted = folder().join("requirements.txt");
    let environment = project_root().join("target/schemathesis");
    let (python, installed) = (
        environment.join("bin/python"),
        environment.join("requirements.txt"),
    );
    let read = |path: &Path| fs::read(path).unwrap_or_default();
    if read(&installed) == read(&wanted) {
        return Ok(python);
    }
    say("bringing schemathesis into target/schemathesis");
    let mut make = Command::new(system_python);
    make.args(["-m", "venv", "--clear"]).arg(&environment);
    let mut install = Command::new(&python);
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(&wanted);
    for command in [&mut make, &mut install] {
        let mut process = Process::spawn_unlogged("python3", command)?;
        if !wait(&mut process, interrupts)?.success() {
            bail!("schemathesis could not be installed, see above");
        }
    }
    fs::copy(&wanted, &installed)
        .with_context(|| format!("could not write {}", installed.display()))?;
    Ok(python)
}
