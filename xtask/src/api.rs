//! `cargo xtask test --only api`: the API against its OpenAPI documents, and attacks on the edge.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::Result;

use crate::{
    cargo::{self, Profile},
    layout::Component,
    programs::{exit_code, run_successfully, spawn, wait},
    state::project_root,
    temporary_shop::TemporaryShop,
};

/// Runs both in parallel on a temporary shop.
pub(crate) fn run() -> Result<ExitCode> {
    let python = install_python()?;
    let shop = TemporaryShop::start(Profile::Test)?;
    let option = |component: Component| format!("--{}={}", component.name(), shop.url(component));

    // The services' own tests attack the services, so only the edge is left.
    let mut attack = Command::new(cargo::program("attack", Profile::Test)?);
    let mut attack = spawn(attack.arg(option(Component::Edge)))?;

    print_line!("testing the OpenAPI documents, and the API against them");
    let mut check = Command::new(python);
    let mut check = spawn(
        check
            .arg(folder().join("check.py"))
            .args(Component::programs().map(option)),
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

/// Returns a Python with the tools. Installs them into `target` when their versions change.
fn install_python() -> Result<PathBuf> {
    let root = project_root();
    let requirements = folder().join("requirements.txt");
    let mut install = Command::new(root.join(".ci/venv"));
    run_successfully(install.arg("openapi").arg(requirements))?;
    Ok(root.join("target/openapi/bin/python"))
}
