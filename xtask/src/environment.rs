//! The settings that `up` gives to the shop's own programs, as environment variables.
//!
//! Addresses are always ours: one value in the user's environment cannot be right for three
//! databases. Everything else is a default that the user's environment wins over.

use std::{collections::BTreeMap, env};

use crate::{
    edge,
    keys::Keys,
    layout::{Component, Member, Service, Shop},
    state::State,
    stores::mongo,
};

/// What whoever calls `up` chose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choices {
    /// Whether to load the seed data into empty databases; nothing when nobody said.
    pub(crate) seed: Option<bool>,
    /// Whether the gateway limits requests.
    pub(crate) limits: bool,
}

/// The variables for one of the services.
pub(crate) fn of(
    state: &State,
    shop: &Shop,
    member: &Member,
    service: Service,
    choices: Choices,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut default = |name: &str, value: String| {
        if env::var_os(name).is_none() {
            variables.insert(name.to_owned(), value);
        }
    };
    default("LOG_FORMAT", "text".to_owned());
    if service == Service::Authentication {
        if !shares_secret() {
            let keys = Keys::of(state);
            let others = keys.others().map(|path| path.display().to_string());
            default(
                "TOKEN_SIGNING_KEY_FILE",
                keys.current().display().to_string(),
            );
            default("TOKEN_OTHER_KEY_FILES", others.join(","));
        }
        default("PUBLIC_ORIGINS", edge::origins(shop));
    }
    if matches!(service, Service::Products | Service::Orders) {
        // A service that was killed and started again waits for its former self to be given up.
        default("KAFKA_SESSION_TIMEOUT", "3s".to_owned());
    }
    if service == Service::Gateway && choices.limits {
        default("RATE_LIMIT_PER_SECOND", "50".to_owned());
    }
    match choices.seed {
        _ if service == Service::Gateway => {}
        None => default("SEED_DATA", "true".to_owned()),
        Some(seed) => drop(variables.insert("SEED_DATA".to_owned(), seed.to_string())),
    }
    variables.extend(addresses(state, shop, member, service));
    variables
}

/// Whether tokens are signed with a secret that all services have, in place of a key pair.
fn shares_secret() -> bool {
    ["TOKEN_HS256_SECRET", "TOKEN_HS256_SECRET_FILE"]
        .into_iter()
        // As everywhere, an empty variable means none.
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Where the service listens, and where it finds the others.
fn addresses(
    state: &State,
    shop: &Shop,
    member: &Member,
    service: Service,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: String| drop(variables.insert(name.to_owned(), value));

    set("LISTEN", format!("127.0.0.1:{}", member.port));
    if let Some(database) = shop.of(Component::Mongo(service)).next() {
        set("MONGODB_URI", mongo(state, database).uri());
    }
    if matches!(service, Service::Products | Service::Orders) {
        set(
            "KAFKA_BROKERS",
            format!("127.0.0.1:{}", shop.port(Component::Kafka)),
        );
    }
    if service == Service::Gateway {
        for upstream in [Service::Authentication, Service::Products, Service::Orders] {
            let urls: Vec<_> = shop
                .of(Component::Service(upstream))
                .map(Member::url)
                .collect();
            set(
                &format!("UPSTREAM_{}", upstream.name().to_uppercase()),
                urls.join(","),
            );
        }
    }
    if service != Service::Authentication && !shares_secret() {
        let port = shop.port(Component::Service(Service::Authentication));
        set(
            "JWKS_URL",
            format!("http://127.0.0.1:{port}/.well-known/jwks.json"),
        );
    }
    variables
}
