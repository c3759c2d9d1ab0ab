//! The edge: what a browser talks to. nginx with the built page, or Vite with the page as it is
//! edited.

use std::{collections::BTreeMap, fs, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    interrupts::Interrupts,
    layout::{Component, Member, Service, Shop},
    page,
    state::{State, project_root},
    system::NGINX,
};

const TEMPLATE: &str = "infrastructure/nginx/nginx.conf.template";
/// More than one address can use up: on one machine everybody has the same one.
const NO_LIMIT: &str = "65535";

/// Which page the edge serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// As it is shipped.
    Built,
    /// As it is edited: what is saved shows at once.
    Edited,
}

impl Page {
    /// Brings what is missing, and builds what has to be.
    pub(crate) fn prepare(self, interrupts: &Interrupts) -> Result<()> {
        match self {
            Self::Built => NGINX
                .bring(interrupts)
                .and_then(|_| page::build(interrupts)),
            Self::Edited => page::bring_packages(interrupts),
        }
    }

    /// What serves it.
    pub(crate) fn command(
        self,
        state: &State,
        shop: &Shop,
        member: &Member,
        interrupts: &Interrupts,
    ) -> Result<Command> {
        let gateway = format!(
            "127.0.0.1:{}",
            shop.port(Component::Service(Service::Gateway))
        );
        match self {
            Self::Built => nginx(state, &gateway, member, interrupts),
            Self::Edited => vite(&gateway, member),
        }
    }
}

/// The addresses of the page, as browsers name them.
pub(crate) fn origins(shop: &Shop) -> String {
    let port = shop.port(Component::Edge);
    format!("http://localhost:{port},http://127.0.0.1:{port}")
}

fn nginx(
    state: &State,
    gateway: &str,
    member: &Member,
    interrupts: &Interrupts,
) -> Result<Command> {
    let folder = state.data().join(&member.name);
    fs::create_dir_all(&folder)
        .with_context(|| format!("could not create {}", folder.display()))?;
    let values = BTreeMap::from([
        ("EDGE_LISTEN", format!("127.0.0.1:{}", member.port)),
        ("EDGE_RUN", folder.display().to_string()),
        ("EDGE_PAGE", page::built().display().to_string()),
        ("EDGE_RESOLVER", "127.0.0.1".to_owned()),
        ("EDGE_CONNECTIONS_PER_ADDRESS", NO_LIMIT.to_owned()),
        ("EDGE_REQUESTS_PER_SECOND", NO_LIMIT.to_owned()),
        ("EDGE_TRUSTED_PROXIES", "127.0.0.1/32".to_owned()),
        ("GATEWAY", gateway.to_owned()),
        ("GATEWAY_OPTIONS", String::new()),
    ]);
    let template = project_root().join(TEMPLATE);
    let text = fs::read_to_string(&template)
        .with_context(|| format!("could not read {}", template.display()))?;
    let configuration = folder.join("nginx.conf");
    fs::write(&configuration, render(&text, &values)?)
        .with_context(|| format!("could not write {}", configuration.display()))?;

    let mut command = Command::new(NGINX.bring(interrupts)?);
    command
        .arg("-p")
        .arg(&folder)
        .arg("-c")
        .arg(&configuration)
        // One process: killed, it leaves no workers behind that hold the port.
        .args(["-g", "daemon off; master_process off;"]);
    Ok(command)
}

/// Vite, which finds the gateway and its own port in the environment.
fn vite(gateway: &str, member: &Member) -> Result<Command> {
    let port = member.port.to_string();
    let mut command = page::npm(&[
        "run",
        "--silent",
        "dev",
        "--",
        "--host",
        "127.0.0.1",
        "--port",
        &port,
    ])?;
    command.env("GATEWAY_URL", format!("http://{gateway}"));
    Ok(command)
}

/// Replaces each `${NAME}` by its value, as the program of the image does.
fn render(template: &str, values: &BTreeMap<&str, String>) -> Result<String> {
    let mut parts = template.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part
            .split_once('}')
            .with_context(|| format!("{TEMPLATE}: a ${{ has no }}"))?;
        let Some(value) = values.get(name) else {
            bail!("{TEMPLATE}: nothing is known of ${{{name}}}");
        };
        text.push_str(value);
        text.push_str(rest);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_an_unknown_one_is_named() {
        let values = BTreeMap::from([("A", "1".to_owned()), ("B", String::new())]);
        let check = |template: &str, expected: Option<&str>| {
            assert_eq!(
                render(template, &values).ok().as_deref(),
                expected,
                "{template}"
            );
        };
        check("a ${A};${B}; $uri", Some("a 1;; $uri"));
        check("", Some(""));
        check("${C}", None);
        check("${A", None);
    }
}
