//! The settings that services are started with.

use std::collections::BTreeMap;

use backing_services::free_ports;

use crate::servers::Servers;
use crate::stores::Namespace;
use crate::tokens;

/// The services that have a database.
pub const BACKENDS: [&str; 3] = ["authentication", "products", "orders"];
/// All services, in the order in which a shop starts them.
pub const SERVICES: [&str; 4] = ["authentication", "products", "orders", "gateway"];

/// Environment variables and their values.
pub type Settings = BTreeMap<String, String>;

/// The ports of each service's replicas.
pub(crate) type Ports = BTreeMap<&'static str, Vec<u16>>;

/// The settings of a replica that listens on `port` in a shop whose services listen on `ports`.
pub(crate) fn shop_settings(
    service: &str,
    port: u16,
    ports: &Ports,
    namespace: &Namespace,
    servers: &Servers,
) -> Settings {
    let scheme = match servers.certificates {
        Some(_) => "https",
        None => "http",
    };
    let upstream = |service: &str| {
        let urls = ports[service].iter().map(|port| local_url(scheme, *port));
        urls.collect::<Vec<_>>().join(",")
    };
    let jwks_url = format!(
        "{}/.well-known/jwks.json",
        local_url(scheme, ports["authentication"][0])
    );
    let mut settings = store_settings(service, namespace, servers);
    let mut set = |name: &str, value: String| settings.insert(name.to_owned(), value);
    set("LISTEN", format!("127.0.0.1:{port}"));
    set("LOG_FORMAT", "text".to_owned());
    if service == "gateway" {
        for backend in BACKENDS {
            set(
                &format!("UPSTREAM_{}", backend.to_uppercase()),
                upstream(backend),
            );
        }
    } else {
        set("SEED_DATA", "true".to_owned());
    }
    if service == "authentication" {
        let key_file = tokens::key_file().display().to_string();
        set("TOKEN_SIGNING_KEY_FILE", key_file);
        // All accounts of a test have one address. 0 would mean no limit, but a test of upgrades starts
        // the previous release, which refuses it.
        set("REGISTRATIONS_PER_ADDRESS", "1000".to_owned());
    } else {
        set("JWKS_URL", jwks_url);
    }
    if let Some(certificates) = &servers.certificates {
        settings.extend(certificates.service_settings());
    }
    settings
}

/// The settings with which a service uses its database and topics.
pub(crate) fn store_settings(service: &str, namespace: &Namespace, servers: &Servers) -> Settings {
    let mut settings = Vec::new();
    if service != "gateway" {
        settings.push(("MONGODB_URI", servers.mongodb_uri.clone()));
        settings.push(("MONGODB_DATABASE", namespace.database(service)));
    }
    if matches!(service, "products" | "orders") {
        settings.push(("KAFKA_BROKERS", servers.kafka_users_brokers.clone()));
        settings.push(("KAFKA_USERNAME", service.to_owned()));
        settings.push(("KAFKA_PASSWORD", service.to_owned()));
        settings.push(("KAFKA_TOPIC_PREFIX", namespace.0.clone()));
        settings.push(("KAFKA_GROUP", namespace.group(service)));
        settings.push(("KAFKA_PARTITIONS", "3".to_owned()));
    }
    if let Some(certificates) = &servers.certificates {
        let authorities = certificates.authorities().display().to_string();
        settings.push(("MONGODB_CA_FILE", authorities.clone()));
        settings.push(("KAFKA_CA_FILE", authorities));
    }
    if service == "orders" {
        // Tests place many orders with few accounts.
        settings.push(("PENDING_ITEMS_PER_ACCOUNT", "0".to_owned()));
        settings.push(("ORDERS_PER_ACCOUNT_PER_HOUR", "0".to_owned()));
    }
    settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(crate) fn local_url(scheme: &str, port: u16) -> String {
    format!("{scheme}://127.0.0.1:{port}")
}

pub(crate) fn free_port() -> u16 {
    let [port] = free_ports().unwrap_or_else(|error| panic!("{error}"));
    port
}
