//! The settings of the shop's services, as environment variables.
//!
//! Addresses are always set, because one value in the user's environment cannot be right for three
//! databases. Every other setting is a default that the user's environment overrides.

use std::{collections::BTreeMap, env};

use crate::{
    edge,
    keys::Keys,
    layout::{Component, Instance, Service, Shop},
    options::ShopOptions,
    state::State,
    stores::mongod,
};

/// The variables of a service.
pub(crate) fn variables(
    state: &State,
    shop: &Shop,
    instance: &Instance,
    service: Service,
    options: &ShopOptions,
) -> BTreeMap<String, String> {
    let mut variables = addresses(state, shop, instance, service);
    if service != Service::Gateway
        && let Some(seed) = options.seed()
    {
        variables.insert("SEED_DATA".to_owned(), seed.to_string());
    }
    let mut default = |name: &str, value: String| {
        if env::var_os(name).is_none() {
            variables.entry(name.to_owned()).or_insert(value);
        }
    };
    default("LOG_FORMAT", "text".to_owned());
    if service != Service::Gateway {
        default("SEED_DATA", "true".to_owned());
    }
    if service == Service::Authentication {
        if !uses_shared_secret() {
            let keys = Keys::new(state);
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
        // After a kill and a restart, consuming resumes only when the old session has expired.
        default("KAFKA_SESSION_TIMEOUT", "3s".to_owned());
    }
    if service == Service::Gateway && options.limits {
        default("RATE_LIMIT_PER_SECOND", "50".to_owned());
    }
    variables
}

/// Whether tokens are signed with a secret that all services share, instead of a key pair.
fn uses_shared_secret() -> bool {
    ["TOKEN_HS256_SECRET", "TOKEN_HS256_SECRET_FILE"]
        .into_iter()
        // In every setting, an empty variable means none.
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The address of a service, and those of the others that it uses.
fn addresses(
    state: &State,
    shop: &Shop,
    instance: &Instance,
    service: Service,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: String| drop(variables.insert(name.to_owned(), value));

    set("LISTEN", format!("127.0.0.1:{}", instance.port));
    if let Some(database) = shop.instances_of(Component::Mongo(service)).next() {
        set("MONGODB_URI", mongod(state, database).uri());
    }
    if matches!(service, Service::Products | Service::Orders) {
        set(
            "KAFKA_BROKERS",
            format!("127.0.0.1:{}", shop.port(Component::Kafka)),
        );
    }
    if service == Service::Gateway {
        for upstream in [Service::Authentication, Service::Products, Service::Orders] {
            let instances = shop.instances_of(Component::Service(upstream));
            let urls: Vec<_> = instances.map(Instance::url).collect();
            set(
                &format!("UPSTREAM_{}", upstream.name().to_uppercase()),
                urls.join(","),
            );
        }
    }
    if service != Service::Authentication && !uses_shared_secret() {
        let port = shop.port(Component::Service(Service::Authentication));
        set(
            "JWKS_URL",
            format!("http://127.0.0.1:{port}/.well-known/jwks.json"),
        );
    }
    variables
}
