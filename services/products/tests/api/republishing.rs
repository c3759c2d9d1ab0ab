//! Republishing the states of all products.

use mongodb::bson::{DateTime, doc};
use serde_json::{Value, json};

use crate::support::start;

#[tokio::test]
async fn given_products_when_one_replica_has_the_lease_then_it_publishes_each_state_in_a_message() {
    let service = start().await;
    for name in ["cutlery", "chair", "laptop", "headphones"] {
        let is_state = |event: &Value| event["product"]["name"] == name;
        let state = service.event("product-states", is_state).await;
        assert_eq!(state["type"], "ProductState");
        assert_eq!(state["product"]["version"], json!(1));
    }
    let lease = service.collection("leases").find_one(doc! {}).await;
    let lease = lease.expect("reads").expect("a lease");
    assert!(lease.get_object_id("holder").is_ok(), "{lease}");
    let expires_at = lease.get_datetime("expires_at").expect("a time");
    assert!(*expires_at > DateTime::now(), "{lease}");
}
