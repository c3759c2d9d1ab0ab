//! Events that come twice, late, in the wrong order, or cannot be read.

mod absence;
mod duplicates;
mod poison;
mod replicas;

use std::time::Duration;

use testkit::{SOON, Shop, eventually};

/// Places as many orders of one piece, waits until each is decided, and gives their ids.
async fn sell(shop: &Shop, name: &str, count: usize) -> Vec<String> {
    let buyer = shop.user().await;
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(shop.place(&buyer, name, 1).await);
    }
    for id in &ids {
        shop.decided(&buyer, id).await;
    }
    ids
}

/// Waits until both services have dealt with every message.
async fn all_read(shop: &Shop) {
    for kind in ["products", "orders"] {
        eventually(
            "every message is dealt with",
            SOON.max(Duration::from_secs(30)),
            async || {
                let lag = shop.lag(kind).await;
                if lag == 0 {
                    Ok(())
                } else {
                    Err(format!("{kind} is {lag} behind"))
                }
            },
        )
        .await;
    }
}

/// Every order's status and the stock of the shop's products, to be compared later.
async fn state(shop: &Shop) -> (serde_json::Value, serde_json::Value) {
    let orders = shop
        .user()
        .await
        .get("/api/orders")
        .await
        .expect(200)
        .json();
    let products = shop.visitor().get("/api/products").await.expect(200).json();
    (orders, products)
}
