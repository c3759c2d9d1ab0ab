//! Starts the service, and adds a product.

use clap::Parser as _;
use orders::Config;
use serde_json::json;
use testkit::{Client, SingleService, eventually, order};

/// The id of the product `chair`.
pub(crate) const CHAIR: &str = "11fefe4a1cad4140785928a4";

/// Starts the service and waits until it is ready.
pub(crate) async fn start() -> SingleService {
    SingleService::start("orders", &[], |arguments, listener, stop| {
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        orders::serve(config, listener, stop)
    })
    .await
}

/// A client with a buyer's token.
pub(crate) fn buyer(service: &SingleService) -> Client {
    service.client_of("buyer@example.com", "user")
}

/// Publishes that products has added `chair` with 5 items, and waits until orders has received it.
pub(crate) async fn add_chair(service: &SingleService) {
    let event = json!({ "type": "ProductCreate", "product": {
        "id": CHAIR, "name": "chair", "price": 29.99, "quantity": 5, "version": 1,
    }});
    service.produce("products", &event).await;
    let buyer = buyer(service);
    eventually("orders knows the product", async || {
        let refused = buyer.post("/api/orders", &order(&[("chair", 1000)])).await;
        if refused.string("type") == "/problems/insufficient-stock" {
            Ok(())
        } else {
            Err(refused.to_string())
        }
    })
    .await;
}
