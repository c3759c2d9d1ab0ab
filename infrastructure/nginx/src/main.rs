//! Starts nginx in an image without a shell: renders the configuration from the environment and
//! replaces itself by nginx. With `--healthcheck` it checks the running nginx; with `--render` it
//! prints the configuration; with `--version` its version.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use edge::{ConfigurationError, configuration};

const NGINX: &str = "/usr/sbin/nginx";
/// Served from a file, so its health does not depend on the gateway.
const HEALTH_PATH: &str = "/edge_health";

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        // stderr may be closed.
        let _ = writeln!(io::stderr(), "edge: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    match env::args().nth(1).as_deref() {
        None => start(),
        Some("--healthcheck") => Ok(healthcheck::report("edge", listen_address()?, HEALTH_PATH)),
        Some("--render") => {
            let text = configuration(variable)?;
            io::stdout().write_all(text.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Some("--version") => {
            writeln!(io::stdout(), "edge {}", release::VERSION)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => {
            bail!("unknown option {other}; the options are --healthcheck, --render and --version")
        }
    }
}

/// Does not return if nginx starts.
fn start() -> Result<ExitCode> {
    // The health check needs a valid address later.
    listen_address()?;
    let text = configuration(variable)?;
    let file = Path::new(&required_variable("EDGE_RUN")?).join("nginx.conf");
    fs::write(&file, text).with_context(|| {
        format!(
            "EDGE_RUN must be a writable directory; cannot write {}",
            file.display()
        )
    })?;
    if let Some(url) = variable("EDGE_URL").filter(|url| !url.is_empty()) {
        writeln!(io::stdout(), "The shop is at {url}")?;
    }
    let error = Command::new(NGINX)
        // Until nginx has read its configuration it would log to a path that is not writable.
        .args(["-e", "/dev/stderr", "-g", "daemon off;", "-c"])
        .arg(&file)
        .exec();
    Err(error).with_context(|| format!("cannot start {NGINX}"))
}

fn listen_address() -> Result<SocketAddr> {
    let text = required_variable("EDGE_LISTEN")?;
    text.parse()
        .with_context(|| format!("EDGE_LISTEN={text} is not an address and a port"))
}

fn required_variable(name: &str) -> Result<String, ConfigurationError> {
    variable(name).ok_or_else(|| ConfigurationError::MissingVariable(name.to_owned()))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}
