//! The primary of the database changes while orders are placed.

use std::cell::Cell;

use futures::future::join_all;
use testkit::{ReplicaSet, eventually};

use crate::support::{place, start_with};

/// Each places one order after the other.
const BUYERS: u64 = 8;

#[tokio::test]
async fn given_orders_being_placed_when_the_primary_is_shut_down_then_no_order_fails_or_is_doubled()
{
    let replica_set = ReplicaSet::start().await;
    let uri = replica_set.uri();
    let service = start_with(&[
        ("SEED_DATA", "true"),
        ("MONGODB_URI", &uri),
        ("MONGODB_DATABASE", "shop"),
    ])
    .await;
    let seeded = replica_set.count("shop", "orders").await;
    let (is_over, placed) = (Cell::new(false), Cell::new(0));
    let buyer = async |number: u64| {
        let buyer = service.client_of(&format!("buyer-{number}@example.com"), "user");
        while !is_over.get() {
            place(&buyer, &[("cutlery", 1)]).await.expect(201);
            placed.set(placed.get() + 1);
        }
    };
    let change = async {
        replica_set.shut_down_primary().await;
        let before = placed.get();
        eventually("orders are placed afterwards", async || {
            let after = placed.get();
            (after > before + BUYERS)
                .then_some(())
                .ok_or_else(|| format!("{before}, {after}"))
        })
        .await;
        is_over.set(true);
    };
    futures::join!(join_all((0..BUYERS).map(buyer)), change);
    let stored = replica_set.count("shop", "orders").await;
    assert_eq!(stored, seeded + placed.get());
}
