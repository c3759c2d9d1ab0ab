//! Starts nginx in an image without a shell: renders the configuration from the environment and
//! replaces itself by nginx. With `--healthcheck` it checks the running nginx.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

const TEMPLATE: &str = include_str!("../nginx.conf.template");
const NGINX: &str = "/usr/sbin/nginx";
/// Served from a file, so its health does not depend on the gateway.
const HEALTH_PATH: &str = "/";

fn main() -> ExitCode {
    let outcome = match env::args().nth(1).as_deref() {
        None => start().map(|()| ExitCode::SUCCESS),
        Some("--healthcheck") => {
            listen_address().map(|listen| healthcheck::report("edge", listen, HEALTH_PATH))
        }
        Some(other) => Err(format!(
            "unknown option {other}; the only option is --healthcheck"
        )),
    };
    outcome.unwrap_or_else(|error| {
        // stderr may be closed.
        let _ = writeln!(io::stderr(), "edge: {error}");
        ExitCode::FAILURE
    })
}

/// Does not return if nginx starts.
fn start() -> Result<(), String> {
    // The health check needs a valid address later.
    listen_address()?;
    let text = render(TEMPLATE, required_variable)?;
    let configuration = Path::new(&required_variable("EDGE_RUN")?).join("nginx.conf");
    fs::write(&configuration, text).map_err(|error| {
        format!(
            "EDGE_RUN must be a writable directory; cannot write {}: {error}",
            configuration.display()
        )
    })?;
    let error = Command::new(NGINX)
        // Until nginx has read its configuration it would log to a path that is not writable.
        .args(["-e", "/dev/stderr", "-g", "daemon off;", "-c"])
        .arg(&configuration)
        .exec();
    Err(format!("cannot start {NGINX}: {error}"))
}

fn listen_address() -> Result<SocketAddr, String> {
    let text = required_variable("EDGE_LISTEN")?;
    text.parse()
        .map_err(|_| format!("EDGE_LISTEN={text} is not an address and a port"))
}

fn required_variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} must be set; it may be empty"))
}

/// Replaces each `${NAME}` in `template` by its value.
fn render(
    template: &str,
    value: impl Fn(&str) -> Result<String, String>,
) -> Result<String, String> {
    let mut parts = template.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part
            .split_once('}')
            .ok_or("the template has a ${ without a }")?;
        text.push_str(&value(name)?);
        text.push_str(rest);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_template_when_rendered_then_variables_are_replaced_and_a_missing_variable_is_named()
    {
        let value = |name: &str| match name {
            "A" => Ok("1".to_owned()),
            "NOTHING" => Ok(String::new()),
            name => Err(format!("{name} must be set")),
        };
        let check = |template: &str, expected: Result<&str, &str>| {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(render(template, value), expected, "{template}");
        };
        check("a ${A};${NOTHING}; $uri", Ok("a 1;; $uri"));
        check("${B}", Err("B must be set"));
        check("${A", Err("the template has a ${ without a }"));
    }

    #[test]
    fn given_the_nginx_template_when_rendered_then_no_placeholder_is_left() {
        let text = render(TEMPLATE, |name| Ok(name.to_lowercase())).expect("renders");
        assert!(!text.contains("${"));
    }
}
