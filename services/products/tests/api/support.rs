//! Starts the service, and reads the names of products.

use clap::Parser as _;
use products::Config;
use serde_json::Value;
use testkit::{Client, Response, SingleService};

/// The path of a product of the development data.
pub(crate) const CHAIR_PATH: &str = "/api/products?name=chair";

/// Starts the service with the development data, and waits until it is ready.
pub(crate) async fn start() -> SingleService {
    start_with(&[("SEED_DATA", "true")]).await
}

/// Starts the service with these settings, and waits until it is ready.
pub(crate) async fn start_with(settings: &[(&str, &str)]) -> SingleService {
    SingleService::start("products", settings, |arguments, listener, stop| {
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        products::serve(config, listener, stop)
    })
    .await
}

/// A client with an admin's token.
pub(crate) fn admin(service: &SingleService) -> Client {
    service.client_of("admin@example.com", "admin")
}

/// The names of the products in a list.
pub(crate) fn product_names(response: &Response) -> Vec<String> {
    names(response.json()["products"].as_array().expect("a list"))
}

pub(crate) fn names(products: &[Value]) -> Vec<String> {
    let names = products.iter().map(|product| product["name"].as_str());
    names.map(|name| name.expect("a name").to_owned()).collect()
}
