//! The settings of the shop's services, as environment variables.
//!
//! Addresses are always set, because one value in the user's environment cannot be right for three
//! databases. Every other setting is a default that the user's environment overrides.

use std::env;

use crate::{
    edge,
    keys::Keys,
    layout::{Component, Instance, Shop},
    options::ShopOptions,
    state::State,
    stores::mongod,
};

type Variables = Vec<(&'static str, String)>;

/// The variables of a service.
pub(crate) fn variables(
    state: &State,
    shop: &Shop,
    instance: &Instance,
    options: &ShopOptions,
) -> Variables {
    let mut variables = addresses(state, shop, instance);
    let mut defaults = vec![("LOG_FORMAT", "text".to_owned())];
    match options.seed() {
        _ if instance.component == Component::Gateway => {}
        Some(seed) => variables.push(("SEED_DATA", seed.to_string())),
        None => defaults.push(("SEED_DATA", "true".to_owned())),
    }
    match instance.component {
        Component::Authentication => {
            defaults.push(("PUBLIC_ORIGINS", edge::origins(shop)));
            if !uses_shared_secret() {
                let keys = Keys::new(state);
                let others = keys.others().map(|path| path.display().to_string());
                let current = keys.current().display().to_string();
                defaults.push(("TOKEN_SIGNING_KEY_FILE", current));
                defaults.push(("TOKEN_OTHER_KEY_FILES", others.join(",")));
            }
        }
        // After a kill and a restart, consuming resumes only when the old session has expired.
        Component::Products | Component::Orders => {
            defaults.push(("KAFKA_SESSION_TIMEOUT", "3s".to_owned()));
        }
        Component::Gateway if options.limits => {
            defaults.push(("RATE_LIMIT_PER_SECOND", "50".to_owned()));
        }
        _ => {}
    }
    defaults.retain(|(name, _)| env::var_os(name).is_none());
    variables.extend(defaults);
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
fn addresses(state: &State, shop: &Shop, instance: &Instance) -> Variables {
    let component = instance.component;
    let instances = |kind| {
        shop.instances
            .iter()
            .filter(move |one| one.component == kind)
    };
    let mut variables = vec![("LISTEN", format!("127.0.0.1:{}", instance.port))];
    let database = match component {
        Component::Authentication => Some(Component::MongoAuthentication),
        Component::Products => Some(Component::MongoProducts),
        Component::Orders => Some(Component::MongoOrders),
        _ => None,
    };
    if let Some(database) = database.and_then(|database| instances(database).next()) {
        variables.push(("MONGODB_URI", mongod(state, database).uri()));
    }
    if matches!(component, Component::Products | Component::Orders) {
        variables.push(("KAFKA_BROKERS", shop.address(Component::Kafka)));
    }
    if component == Component::Gateway {
        for (name, upstream) in [
            ("UPSTREAM_AUTHENTICATION", Component::Authentication),
            ("UPSTREAM_PRODUCTS", Component::Products),
            ("UPSTREAM_ORDERS", Component::Orders),
        ] {
            let url = |one: &Instance| format!("http://127.0.0.1:{}", one.port);
            let urls: Vec<_> = instances(upstream).map(url).collect();
            variables.push((name, urls.join(",")));
        }
    }
    if component != Component::Authentication && !uses_shared_secret() {
        let authentication = shop.address(Component::Authentication);
        let url = format!("http://{authentication}/.well-known/jwks.json");
        variables.push(("JWKS_URL", url));
    }
    variables
}
