//! Starts the service, and sends the calls and events that several tests need.

use clap::Parser as _;
use futures::TryStreamExt as _;
use mongodb::Database;
use mongodb::bson::{Document, doc};
use orders::Config;
use serde_json::{Value, json};
use testkit::{Client, Response, SingleService, order};
use tokio::net::TcpListener;

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

/// Starts two replicas of the service, and waits until the first is ready.
pub(crate) async fn start_two_replicas() -> SingleService {
    SingleService::start("orders", &[], async |arguments, listener, stop| {
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        let other = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let replicas = (
            orders::serve(config.clone(), other, stop.clone()),
            orders::serve(config, listener, stop),
        );
        tokio::try_join!(replicas.0, replicas.1).map(drop)
    })
    .await
}

/// Records the operations on the database of orders at level 2, and stops at level 0.
pub(crate) async fn profile(database: &Database, level: i32) {
    let command = doc! { "profile": level };
    database.run_command(command).await.expect("profiles");
}

/// The operations on orders that were recorded, without those that continue an earlier one.
pub(crate) async fn recorded(database: &Database) -> Vec<Document> {
    let orders = doc! { "ns": format!("{}.orders", database.name()), "op": { "$ne": "getmore" } };
    let operations = database.collection::<Document>("system.profile");
    let operations = operations.find(orders).await.expect("finds");
    operations.try_collect().await.expect("reads")
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
