//! Republishing the states of all products.

use std::time::Duration;

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};
use serde_json::{Value, json};
use testkit::{SingleService, eventually_within};

use crate::support::start;

/// A lease is for a minute, and the replicas without it check it every ten seconds.
const LEASE_MILLIS: i64 = 60_000;
const TAKE_OVER_TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn given_products_when_one_replica_has_the_lease_then_it_publishes_each_state_in_a_message() {
    let service = start().await;
    for name in ["cutlery", "chair", "laptop", "headphones"] {
        let is_state = |event: &Value| event["product"]["name"] == name;
        let state = service.event("product-states", is_state).await;
        assert_eq!(state["type"], "ProductState");
        assert_eq!(state["product"]["version"], json!(1));
    }
    let lease = lease(&service).await;
    assert!(lease.get_object_id("holder").is_ok(), "{lease}");
    let expires_at = lease.get_datetime("expires_at").expect("a time");
    assert!(*expires_at > DateTime::now(), "{lease}");
}

#[tokio::test]
async fn given_a_lease_of_another_replica_when_it_expires_and_not_earlier_then_it_is_taken_over() {
    let service = start().await;
    let own = eventually_within(TAKE_OVER_TIMEOUT, "a lease", async || {
        let lease = service.collection("leases").find_one(doc! {}).await;
        let lease = lease.map_err(|error| error.to_string())?;
        let lease = lease.ok_or("there is no lease")?;
        lease
            .get_object_id("holder")
            .map_err(|error| error.to_string())
    })
    .await;
    let expires_at = DateTime::from_millis(DateTime::now().timestamp_millis() + 3_000);
    let another = doc! { "$set": { "holder": ObjectId::new(), "expires_at": expires_at } };
    let leases = service.collection("leases");
    leases.update_one(doc! {}, another).await.expect("updates");
    let taken = eventually_within(TAKE_OVER_TIMEOUT, "the lease is taken over", async || {
        let lease = lease(&service).await;
        let is_own = lease
            .get_object_id("holder")
            .is_ok_and(|holder| holder == own);
        is_own
            .then_some(lease.clone())
            .ok_or_else(|| lease.to_string())
    })
    .await;
    let taken = taken.get_datetime("expires_at").expect("a time");
    let taken_at = taken.timestamp_millis() - LEASE_MILLIS;
    assert!(taken_at >= expires_at.timestamp_millis(), "{taken}");
}

async fn lease(service: &SingleService) -> Document {
    let lease = service.collection("leases").find_one(doc! {}).await;
    lease.expect("reads").expect("a lease")
}
