//! `cargo xtask test --only api`: the API against its OpenAPI documents, and attacks on the edge.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    cargo::Profile,
    console::print,
    layout::Component,
    programs::{exit_code, find, run_successfully, spawn, wait},
    state::project_root,
    temporary_shop::TemporaryShop,
};

/// Runs both in parallel on a temporary shop.
pub(crate) fn run() -> Result<ExitCode> {
    let python = install_schemathesis()?;
    let shop = TemporaryShop::start(Profile::Test)?;
    let option = |component: Component| format!("--{}={}", component.name(), shop.url(component));

    // The services' own tests attack the services, so only the edge is left.
    let mut attack = Command::new(shop.running.programs.path("attack")?);
    let mut attack = spawn(attack.arg(option(Component::Edge)))?;

    print("testing the API against its OpenAPI documents");
    let mut check = Command::new(python);
    let mut check = spawn(
        check
            .arg(folder().join("check.py"))
            .args(Component::services().map(option)),
    )?;
    let codes = [exit_code(wait(&mut check)?), exit_code(wait(&mut attack)?)];
    let failed = codes.into_iter().find(|code| *code != ExitCode::SUCCESS);
    let code = failed.unwrap_or(ExitCode::SUCCESS);
    shop.keep_logs_of_failure(code)?;
    Ok(code)
}

fn folder() -> PathBuf {
    project_root().join("tests/openapi")
}

/// Returns a Python with schemathesis. Installs it into `target` when its version changes.
fn install_schemathesis() -> Result<PathBuf> {
    let system_python = find("python3").context(
        "python3, which runs schemathesis, is missing; install Python 3 with venv and pip",
    )?;
    let wanted = folder().join("requirements.txt");
    let environment = project_root().join("target/schemathesis");
    let installed = environment.join("requirements.txt");
    let python = environment.join("bin/python");
    let read = |path: &Path| fs::read(path).unwrap_or_default();
    if read(&installed) == read(&wanted) {
        return Ok(python);
    }
    print("installing schemathesis into target/schemathesis");
    let mut create = Command::new(system_python);
    run_successfully(create.args(["-m", "venv", "--clear"]).arg(&environment))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet"]);
    run_successfully(pip.args(["--disable-pip-version-check", "-r"]).arg(&wanted))?;
    fs::copy(&wanted, &installed)
        .with_context(|| format!("cannot write {}", installed.display()))?;
    Ok(python)
}
