//! The settings that each service of a shop is started with.

use std::collections::BTreeMap;

use backing_services::free_ports;

use crate::service::{KINDS, Settings};
use crate::{Stores, tokens};

/// The settings of a service that is started without the others.
pub(crate) fn settings_alone(kind: &str) -> Settings {
    let ports = KINDS
        .into_iter()
        .map(|kind| (kind, vec![free_port()]))
        .collect();
    usual_settings("alone", kind, free_port(), &ports, &Stores::shared())
}

pub(super) fn usual_settings(
    shop: &str,
    kind: &str,
    port: u16,
    ports: &BTreeMap<&str, Vec<u16>>,
    stores: &Stores,
) -> Settings {
    let upstream = |kind: &str| {
        let urls = ports[kind]
            .iter()
            .map(|port| format!("http://127.0.0.1:{port}"));
        urls.collect::<Vec<_>>().join(",")
    };
    let keys = format!(
        "http://127.0.0.1:{}/.well-known/jwks.json",
        ports["authentication"][0]
    );
    let key_file = tokens::key_file().display().to_string();
    let mut settings = vec![
        ("LISTEN", format!("127.0.0.1:{port}")),
        ("LOG_FORMAT", "text".to_owned()),
    ];
    if kind == "gateway" {
        settings.push(("UPSTREAM_AUTHENTICATION", upstream("authentication")));
        settings.push(("UPSTREAM_PRODUCTS", upstream("products")));
        settings.push(("UPSTREAM_ORDERS", upstream("orders")));
    } else {
        settings.push(("MONGODB_URI", stores.mongodb_uri.clone()));
        settings.push(("MONGODB_DATABASE", format!("{shop}_{kind}")));
        settings.push(("SEED_DATA", "true".to_owned()));
    }
    if kind == "authentication" {
        settings.push(("TOKEN_SIGNING_KEY_FILE", key_file));
    } else {
        settings.push(("JWKS_URL", keys));
    }
    if matches!(kind, "products" | "orders") {
        settings.push(("KAFKA_BROKERS", stores.kafka_brokers.clone()));
        settings.push(("KAFKA_TOPIC_PREFIX", shop.to_owned()));
        settings.push(("KAFKA_GROUP", format!("{shop}-{kind}")));
        settings.push(("KAFKA_PARTITIONS", "3".to_owned()));
    }
    settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(super) fn free_port() -> u16 {
    let [port] = free_ports().unwrap_or_else(|error| panic!("{error}"));
    port
}
