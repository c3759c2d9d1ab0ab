//! Starts nginx with the shop's configuration, in an image that has no shell: writes the
//! configuration with what the environment says, and becomes nginx. With `--healthcheck` it asks
//! the nginx that runs.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

const TEMPLATE: &str = include_str!("../nginx.conf.template");
const NGINX: &str = "/usr/sbin/nginx";
/// What the page's server answers without asking anybody.
const PAGE: &str = "/";

fn main() -> ExitCode {
    let outcome = match env::args().nth(1).as_deref() {
        None => start().map(|()| ExitCode::SUCCESS),
        Some("--healthcheck") => listen().map(|listen| healthcheck::report("edge", listen, PAGE)),
        Some(other) => Err(format!("there is no option {other}, only --healthcheck")),
    };
    outcome.unwrap_or_else(|sentence| {
        // There may be nobody who reads it.
        let _ = writeln!(io::stderr(), "edge: {sentence}");
        ExitCode::FAILURE
    })
}

/// Becomes nginx, or says why not.
fn start() -> Result<(), String> {
    // What it is asked for its health by must be readable before it runs.
    listen()?;
    let text = render(TEMPLATE, variable)?;
    let configuration = Path::new(&variable("EDGE_RUN")?).join("nginx.conf");
    fs::write(&configuration, text).map_err(|error| {
        format!(
            "EDGE_RUN must be a folder that can be written to, but {} cannot: {error}",
            configuration.display()
        )
    })?;
    let error = Command::new(NGINX)
        // Before it has read where its log is, nginx would look for it where none can be written.
        .args(["-e", "/dev/stderr", "-g", "daemon off;", "-c"])
        .arg(&configuration)
        .exec();
    Err(format!("{NGINX} cannot be started: {error}"))
}

fn listen() -> Result<SocketAddr, String> {
    let text = variable("EDGE_LISTEN")?;
    text.parse()
        .map_err(|_| format!("EDGE_LISTEN is {text}, which is not an address and a port"))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} must be set; empty where nothing is meant"))
}

/// Replaces each `${NAME}` by its value.
fn render(
    template: &str,
    value: impl Fn(&str) -> Result<String, String>,
) -> Result<String, String> {
    let mut parts = template.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part
            .split_once('}')
            .ok_or("the configuration has a ${ without its }")?;
        text.push_str(&value(name)?);
        text.push_str(rest);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_template_when_rendered_then_names_are_replaced_and_a_missing_one_is_named() {
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
        check("${A", Err("the configuration has a ${ without its }"));
    }

    #[test]
    fn given_the_configuration_when_rendered_then_nothing_is_left_to_replace() {
        let text = render(TEMPLATE, |name| Ok(name.to_lowercase())).expect("renders");
        assert!(!text.contains("${"));
    }
}
