//! The edge, which browsers connect to: nginx with the built page, or Vite with the page as it is
//! edited.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    frontend,
    layout::{Component, Instance, Shop},
    programs::NGINX,
    state::State,
};

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
        let gateway = shop.address(Component::Gateway);
        match self {
            Self::Built => nginx(&state.data().join(&instance.name), &gateway, instance.port),
            Self::Edited => {
                let mut vite = frontend::npm(&["run", "--silent", "dev", "--"])?;
                vite.args(["--host", "127.0.0.1", "--port", &instance.port.to_string()])
                    .env("GATEWAY_URL", format!("http://{gateway}"));
                Ok(vite)
            }
        }
    }
}

/// The page's origins, separated by commas.
pub(crate) fn origins(shop: &Shop) -> String {
    let port = shop.port(Component::Edge);
    format!("http://localhost:{port},http://127.0.0.1:{port}")
}

/// Writes nginx's configuration into its folder and returns its command line.
fn nginx(folder: &Path, gateway: &str, port: u16) -> Result<Command> {
    let text = ::edge::configuration(|name| {
        let value = match name {
            "EDGE_LISTEN" => format!("127.0.0.1:{port}"),
            "EDGE_RUN" => folder.to_string_lossy().into_owned(),
            "EDGE_PAGE" => frontend::built().to_string_lossy().into_owned(),
            "EDGE_RESOLVER" => "127.0.0.1".to_owned(),
            "EDGE_CONNECTIONS_PER_ADDRESS" | "EDGE_REQUESTS_PER_SECOND" => NO_LIMIT.to_owned(),
            "EDGE_TRUSTED_PROXIES" => "127.0.0.1/32".to_owned(),
            "GATEWAY" => gateway.to_owned(),
            "GATEWAY_OPTIONS" => String::new(),
            _ => return None,
        };
        Some(value)
    })?;
    let configuration = folder.join("nginx.conf");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&configuration, text))
        .with_context(|| format!("cannot write {}", configuration.display()))?;

    let mut command = Command::new(NGINX.find_or_install()?);
    command
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(&configuration)
        // A single process, so that a kill leaves no workers that hold the port.
        .args(["-g", "daemon off; master_process off;"]);
    Ok(command)
}
