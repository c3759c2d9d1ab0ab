//! Starts the service, and sends the calls and events that several tests need.

use clap::Parser as _;
use orders::Config;
use serde_json::{Value, json};
use testkit::{Client, Response, Servers, SingleService, eventually, order};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::proxy::Proxy;

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

/// Starts two replicas of the service, each with a proxy to the database that watches for `watched`,
/// and waits until both are ready.
pub(crate) async fn start_two_replicas(watched: &'static [u8]) -> (SingleService, [Proxy; 2]) {
    let servers = tokio::task::spawn_blocking(Servers::shared).await;
    let uri = servers.expect("the servers start").mongodb_uri;
    let (first, first_uri) = Proxy::start(&uri, watched).await;
    let (second, second_uri) = Proxy::start(&uri, watched).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let settings = [("MONGODB_URI", &*first_uri)];
    let start = async move |arguments, first_listener, stop: CancellationToken| {
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        let mut other = config.clone();
        other.mongo.mongodb_uri = Some(second_uri.into());
        tokio::try_join!(
            orders::serve(config, first_listener, stop.clone()),
            orders::serve(other, listener, stop),
        )
        .map(drop)
    };
    let service = SingleService::start("orders", &settings, start).await;
    let other = service.client.at(&format!("http://{address}"));
    eventually("the other replica is ready", async || {
        let response = other.get("/health/ready").await;
        (response.is_fully_ready())
            .then_some(())
            .ok_or_else(|| response.to_string())
    })
    .await;
    (service, [first, second])
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
