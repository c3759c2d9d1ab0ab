//! How the processes of a shop are started, and when they are ready: the options of the user, the
//! stores, the services with their settings, and the edge.

use std::{env, fs, path::Path, process::Command};

use anyhow::{Context, Result};
use backing_services::{BackingService, KafkaSettings, MongodSettings, Readiness};

use crate::{
    frontend, http,
    keys::Keys,
    layout::{Component, Instance, MAX_PORT_OFFSET, Phase, Replicas, Shop, parse_replicas},
    programs,
    state::State,
};

/// Effectively unlimited: all clients on one machine share an address.
const NO_LIMIT: &str = "65535";

#[derive(clap::Args, Debug)]
pub(crate) struct ShopOptions {
    #[command(flatten)]
    pub(crate) state: State,
    /// Move every port by N, so that several shops can run side by side.
    #[arg(long, value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u16).range(..=i64::from(MAX_PORT_OFFSET)))]
    pub(crate) port_offset: u16,
    /// Run several processes of a service, for example products=3.
    #[arg(long, value_name = "SERVICE=COUNT", value_parser = parse_replicas)]
    pub(crate) replicas: Vec<Replicas>,
    /// Load the development data into empty databases; this is the default.
    #[arg(long, overrides_with = "no_seed")]
    pub(crate) seed: bool,
    /// Start with empty databases.
    #[arg(long)]
    pub(crate) no_seed: bool,
    /// Limit each client address to 50 requests per second and 20 registrations in 15 minutes, and what an account orders.
    #[arg(long)]
    pub(crate) limits: bool,
}

impl ShopOptions {
    /// Whether to load the development data; `None` when neither option was given.
    pub(crate) fn seed(&self) -> Option<bool> {
        (self.seed || self.no_seed).then_some(self.seed)
    }
}

/// Checks the readiness of a process once: of a store by its own protocol, of others over HTTP.
pub(crate) fn readiness(state: &State, instance: &Instance) -> Readiness {
    if let Some(store) = store(state, instance) {
        return store.readiness();
    }
    let path = match instance.component {
        Component::Edge => "/",
        _ => "/health/ready",
    };
    match http::get_status(instance.port, path) {
        Ok(200) => Readiness::Ready,
        Ok(status) => Readiness::NotYet(format!("GET {path} returns {status}")),
        Err(error) => Readiness::NotYet(format!("GET {path}: {error}")),
    }
}

/// The database or the broker of an instance, if it is one.
pub(crate) fn store(state: &State, instance: &Instance) -> Option<Box<dyn BackingService>> {
    match instance.component {
        Component::Kafka => Some(Box::new(KafkaSettings {
            name: instance.name.clone(),
            data: state.data().join(&instance.name),
            port: instance.port,
            controller_port: instance.port + 1,
            users_port: None,
            tls: None,
            short_lived: false,
        })),
        mongo if mongo.phase() == Phase::Stores => Some(Box::new(mongod(state, instance))),
        _ => None,
    }
}

fn mongod(state: &State, instance: &Instance) -> MongodSettings {
    MongodSettings {
        name: instance.name.clone(),
        replica_set: instance.name.replacen("mongo-", "rs-", 1),
        data: state.data().join(&instance.name),
        port: instance.port,
        tls: None,
    }
}

/// The settings of a service, as environment variables.
///
/// Addresses are always set, because one value in the user's environment cannot be right for three
/// databases. Every other setting is a default that the user's environment overrides.
pub(crate) fn variables(
    options: &ShopOptions,
    shop: &Shop,
    instance: &Instance,
) -> Vec<(&'static str, String)> {
    let (state, component) = (&options.state, instance.component);
    let urls = |component| {
        let replicas = shop
            .instances
            .iter()
            .filter(|one| one.component == component);
        let url = |one: &Instance| format!("http://127.0.0.1:{}", one.port);
        replicas.map(url).collect::<Vec<_>>().join(",")
    };
    let mut set = vec![("LISTEN", format!("127.0.0.1:{}", instance.port))];
    let mut defaults = vec![
        ("LOG_FORMAT", "text".to_owned()),
        ("PUBLIC_ORIGINS", origins(shop)),
    ];
    match component {
        Component::Gateway => {
            set.push(("UPSTREAM_AUTHENTICATION", urls(Component::Authentication)));
            set.push(("UPSTREAM_PRODUCTS", urls(Component::Products)));
            set.push(("UPSTREAM_ORDERS", urls(Component::Orders)));
            if options.limits {
                defaults.push(("RATE_LIMIT_PER_SECOND", "50".to_owned()));
            }
        }
        Component::Authentication if !options.limits => {
            defaults.push(("REGISTRATIONS_PER_ADDRESS", "0".to_owned()));
        }
        Component::Authentication => {}
        _ => {
            set.push(("KAFKA_BROKERS", shop.address(Component::Kafka)));
            // After a kill and a restart, consuming resumes only when the old session has expired.
            defaults.push(("KAFKA_SESSION_TIMEOUT", "3s".to_owned()));
        }
    }
    if component == Component::Orders && !options.limits {
        defaults.push(("PENDING_ITEMS_PER_ACCOUNT", "0".to_owned()));
        defaults.push(("ORDERS_PER_ACCOUNT_PER_HOUR", "0".to_owned()));
    }
    let database = format!("mongo-{}", component.name());
    if let Some(database) = shop.instances.iter().find(|one| one.name == database) {
        set.push(("MONGODB_URI", mongod(state, database).uri()));
        match options.seed() {
            Some(seed) => set.push(("SEED_DATA", seed.to_string())),
            None => defaults.push(("SEED_DATA", "true".to_owned())),
        }
    }
    match component {
        _ if uses_shared_secret() => {}
        Component::Authentication => {
            let keys = Keys::new(state);
            let others = keys.others().map(|path| path.display().to_string());
            let current = keys.current().display().to_string();
            defaults.push(("TOKEN_SIGNING_KEY_FILE", current));
            defaults.push(("TOKEN_OTHER_KEY_FILES", others.join(",")));
        }
        _ => {
            let authentication = shop.address(Component::Authentication);
            let url = format!("http://{authentication}/.well-known/jwks.json");
            set.push(("JWKS_URL", url));
        }
    }
    defaults.retain(|(name, _)| env::var_os(name).is_none());
    [set, defaults].concat()
}

/// Whether tokens are signed with a secret that all services share, instead of a key pair.
fn uses_shared_secret() -> bool {
    // In every setting, an empty variable means none.
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    is_set("TOKEN_HS256_SECRET") || is_set("TOKEN_HS256_SECRET_FILE")
}

/// The page's origins, separated by commas.
fn origins(shop: &Shop) -> String {
    let port = shop.port(Component::Edge);
    format!("http://localhost:{port},http://127.0.0.1:{port}")
}

/// The page that the edge serves to browsers.
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
            Self::Built => programs::nginx().and_then(|_| frontend::build()),
            Self::Edited => frontend::install_packages(),
        }
    }

    /// The command line of the web server.
    pub(crate) fn command(self, state: &State, shop: &Shop, edge: &Instance) -> Result<Command> {
        let gateway = shop.address(Component::Gateway);
        match self {
            Self::Built => nginx(&state.data().join(&edge.name), &gateway, edge.port),
            Self::Edited => {
                let mut vite = frontend::npm(&["run", "--silent", "dev", "--"])?;
                vite.args(["--host", "127.0.0.1", "--port", &edge.port.to_string()])
                    .env("GATEWAY_URL", format!("http://{gateway}"));
                Ok(vite)
            }
        }
    }
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
            "EDGE_CLIENT_ADDRESS" => "X-Forwarded-For".to_owned(),
            "GATEWAY" => gateway.to_owned(),
            "GATEWAY_SCHEME" => "http".to_owned(),
            "EDGE_SERVER_OPTIONS" | "GATEWAY_OPTIONS" | "GATEWAY_TLS_OPTIONS" => String::new(),
            _ => return None,
        };
        Some(value)
    })?;
    let configuration = folder.join("nginx.conf");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&configuration, text))
        .with_context(|| format!("cannot write {}", configuration.display()))?;

    let mut command = Command::new(programs::nginx()?);
    // A single process, so that a kill leaves no workers that hold the port.
    let options = ["-g", "daemon off; master_process off;"];
    command.arg("-p").arg(folder).arg("-c").arg(configuration);
    command.args(options);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_shop_on_this_machine_when_started_then_registrations_are_limited_only_on_request() {
        let shop = Shop::plan(0, &[], |_| false);
        let is_authentication = |one: &&Instance| one.component == Component::Authentication;
        let authentication = shop.instances.iter().find(is_authentication).unwrap();
        let limit = |limits: bool| {
            let options = ShopOptions {
                state: State::at(Path::new("/nowhere")),
                port_offset: 0,
                replicas: Vec::new(),
                seed: false,
                no_seed: false,
                limits,
            };
            let variables = variables(&options, &shop, authentication);
            let limit = variables
                .into_iter()
                .find(|(name, _)| *name == "REGISTRATIONS_PER_ADDRESS");
            limit.map(|(_, value)| value)
        };
        assert_eq!(limit(false).as_deref(), Some("0"));
        assert_eq!(limit(true), None);
    }
}
