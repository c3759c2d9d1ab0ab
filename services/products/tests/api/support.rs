//! Starts the service.

use clap::Parser as _;
use products::Config;
use testkit::{Client, SingleService};

/// Starts the service with the development data, and waits until it is ready.
pub(crate) async fn start() -> SingleService {
    let settings = [("SEED_DATA", "true")];
    SingleService::start("products", &settings, |arguments, listener, stop| {
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        products::serve(config, listener, stop)
    })
    .await
}

/// A client with an admin's token.
pub(crate) fn admin(service: &SingleService) -> Client {
    service.client_of("admin@example.com", "admin")
}
