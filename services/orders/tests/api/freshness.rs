//! Reads after a failover: each asks the database for a state that includes what was seen before.

use mongodb::bson::doc;
use serde_json::Value;
use testkit::TIMEOUT;

use crate::support::{buyer, decide, place, start};

#[tokio::test]
async fn given_an_order_that_was_seen_when_orders_are_read_then_the_state_includes_it() {
    let service = start().await;
    let buyer = buyer(&service);
    let mut stream = buyer.stream("/api/orders/events", None).await;
    let profile = service.profile().await;
    let mut newest = None;
    for round in 0..3 {
        let id = place(&buyer, &[("cutlery", 1)])
            .await
            .expect(201)
            .string("id");
        let order = format!("/api/orders/{id}");
        for status in ["PENDING", "ACCEPTED"] {
            if status == "ACCEPTED" {
                decide(&service, &id, status, &Value::Null).await;
                assert_eq!(stream.next(TIMEOUT).await.json()["id"], id);
            }
            for path in [&order, "/api/orders", "/api/orders?limit=2"] {
                buyer.get(path).await.expect(200);
                // The sweeper reads orders as well, of all buyers.
                let read = doc! {
                    "command.find": "orders", "command.filter.client_email": { "$exists": true },
                };
                let required = profile.last_required_time(read).await;
                assert!(
                    required.is_some() && required >= newest,
                    "{path} in round {round}, {status}: {required:?} {newest:?}"
                );
                newest = required;
            }
        }
    }
}
