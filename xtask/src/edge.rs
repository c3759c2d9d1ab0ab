//! The edge, which browsers connect to: nginx with the built page, or Vite with the page as it is
//! edited.

use std::{collections::BTreeMap, fs, process::Command};

use anyhow::{Context, Result};

use crate::{
    frontend,
    layout::{Component, Instance, Service, Shop},
    programs::NGINX,
    state::{State, project_root},
};

const TEMPLATE: &str = "infrastructure/nginx/nginx.conf.template";
/// Effectively unlimited: all clients on one machine share an address.
const NO_LIMIT: &str = "65535";

/// The page that the edge serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The built page, served by nginx.
    Built,
    /// The page as it is edited, served by Vite.
    Edited,
}

impl Page {
    /// Installs the missing programs, and builds the page if it is needed.
    pub(crate) fn prepare(self) -> Result<()> {
        match self {
            Self::Built => NGINX.find_or_install().and_then(|_| frontend::build()),
            Self::Edited => frontend::install_packages(),
        }
    }

    /// The command line of the web server.
    pub(crate) fn command(
        self,
        state: &State,
        shop: &Shop,
        instance: &Instance,
    ) -> Result<Command> {
        let gateway = format!(
            "127.0.0.1:{}",
            shop.port(Component::Service(Service::Gateway))
        );
        match self {
            Self::Built => nginx(state, gateway, instance),
            Self::Edited => vite(&gateway, instance),
        }
    }
}

/// The page's origins, separated by commas.
pub(crate) fn origins(shop: &Shop) -> String {
    let port = shop.port(Component::Edge);
    format!("http://localhost:{port},http://127.0.0.1:{port}")
}

fn nginx(state: &State, gateway: String, instance: &Instance) -> Result<Command> {
    let folder = state.data().join(&instance.name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let values = BTreeMap::from([
        ("EDGE_LISTEN", format!("127.0.0.1:{}", instance.port)),
        ("EDGE_RUN", folder.display().to_string()),
        ("EDGE_PAGE", frontend::built().display().to_string()),
        ("EDGE_RESOLVER", "127.0.0.1".to_owned()),
        ("EDGE_CONNECTIONS_PER_ADDRESS", NO_LIMIT.to_owned()),
        ("EDGE_REQUESTS_PER_SECOND", NO_LIMIT.to_owned()),
        ("EDGE_TRUSTED_PROXIES", "127.0.0.1/32".to_owned()),
        ("GATEWAY", gateway),
        ("GATEWAY_OPTIONS", String::new()),
    ]);
    let template = project_root().join(TEMPLATE);
    let text = fs::read_to_string(&template)
        .with_context(|| format!("cannot read {}", template.display()))?;
    let configuration = folder.join("nginx.conf");
    fs::write(&configuration, render(&text, &values)?)
        .with_context(|| format!("cannot write {}", configuration.display()))?;

    let mut command = Command::new(NGINX.find_or_install()?);
    command
        .arg("-p")
        .arg(&folder)
        .arg("-c")
        .arg(&configuration)
        // A single process, so that a kill leaves no workers that hold the port.
        .args(["-g", "daemon off; master_process off;"]);
    Ok(command)
}

fn vite(gateway: &str, instance: &Instance) -> Result<Command> {
    let mut command = frontend::npm(&["run", "--silent", "dev", "--", "--host", "127.0.0.1"])?;
    command
        .args(["--port", &instance.port.to_string()])
        .env("GATEWAY_URL", format!("http://{gateway}"));
    Ok(command)
}

/// Replaces each `${NAME}` by its value, like the program in the edge's image.
fn render(template: &str, values: &BTreeMap<&str, String>) -> Result<String> {
    let mut parts = template.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part
            .split_once('}')
            .with_context(|| format!("{TEMPLATE}: a ${{ has no }}"))?;
        let value = values
            .get(name)
            .with_context(|| format!("{TEMPLATE}: ${{{name}}} has no value"))?;
        text.push_str(value);
        text.push_str(rest);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_template_when_rendered_then_names_are_replaced_and_an_unknown_name_is_an_error() {
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
