//! Starts the service, and sends the calls and events that several tests need.

use clap::Parser as _;
use orders::Config;
use serde_json::{Value, json};
use testkit::{Client, Response, SingleService, order};

/// Starts the service with the development data, and waits until it is ready.
pub(crate) async fn start() -> SingleService {
    start_with(&[("SEED_DATA", "true")]).await
}

/// Starts the service with these settings, and waits until it is ready.
pub(crate) async fn start_with(settings: &[(&str, &str)]) -> SingleService {
    SingleService::start("orders", settings, |arguments, listener, stop| {
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        orders::serve(config, listener, stop)
    })
    .await
}

/// A client with a buyer's token.
pub(crate) fn buyer(service: &SingleService) -> Client {
    service.client_of("buyer@example.com", "user")
}

/// Places an order of these product names and quantities.
pub(crate) async fn place(buyer: &Client, lines: &[(&str, i64)]) -> Response {
    buyer.post("/api/orders", &order(lines)).await
}

/// Publishes that products has decided about an order.
pub(crate) async fn decide(service: &SingleService, order: &str, status: &str, reason: &Value) {
    let event = json!({
        "type": "OrderStatusUpdate", "order_id": order, "status": status, "reason": reason,
    });
    service.produce("order-status", &event).await;
}
