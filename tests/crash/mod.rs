//! Services and servers that are killed: no order is lost, duplicated or stuck.

mod crash_points;
mod panics;
mod servers;

use std::time::Instant;

use testkit::{Client, Expectations, Shop, TIMEOUT, order};

/// Places an order of one unit and records the outcome.
async fn place(buyer: &Client, name: &str, expectations: &mut Expectations) {
    match buyer.try_post("/api/orders", &order(&[(name, 1)])).await {
        Ok(response) if response.status == 201 => {
            expectations.acknowledged.push(response.string("id"));
        }
        Ok(response) if response.status < 500 => panic!("rejected: {response}"),
        _ => expectations.unknown += 1,
    }
}

/// Places orders until one is acknowledged.
async fn place_until_acknowledged(shop: &Shop, name: &str, expectations: &mut Expectations) {
    let buyer = shop.user().await;
    let before = expectations.acknowledged.len();
    let deadline = Instant::now() + TIMEOUT;
    while expectations.acknowledged.len() == before {
        assert!(Instant::now() < deadline, "no order is acknowledged");
        place(&buyer, name, expectations).await;
    }
}
