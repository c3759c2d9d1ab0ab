//! Services are killed at the crash points that their code names.

use bson::doc;
use testkit::{Expectations, Shop, eventually};

use super::{place, place_until_acknowledged};

const PRODUCTS_POINTS: [&str; 4] = [
    "products.in-transaction",
    "products.after-commit",
    "products.before-offsets",
    "products.after-send",
];

/// Places orders until `service` crashes at `point`, restarts it, and checks the invariants.
async fn survives(service: &str, point: &str) {
    let shop = Shop::builder()
        .env(service, "CRASH_AT", point)
        .start()
        .await;
    let buyer = shop.user().await;
    let mut expectations = Expectations::default();
    while !shop.has_exited(service) {
        place(&buyer, "cutlery", &mut expectations).await;
        // One at a time, so that each order is a separate batch.
        wait_decided_or_crashed(&shop, service).await;
    }
    let status = shop.wait_exit(service).await;
    assert!(
        !status.success(),
        "{service} did not crash at {point}: {status}"
    );
    shop.restart(service).await;
    place_until_acknowledged(&shop, "cutlery", &mut expectations).await;
    shop.check_invariants(&expectations).await;
}

async fn wait_decided_or_crashed(shop: &Shop, service: &str) {
    let what = format!("{service} has crashed, or all orders are decided");
    eventually(&what, async || {
        let pending = shop.count_pending().await?;
        if pending == 0 || shop.has_exited(service) {
            return Ok(());
        }
        Err(format!("{pending} are pending"))
    })
    .await;
}

#[tokio::test]
async fn given_orders_when_killed_at_a_crash_point_then_no_order_is_lost_or_duplicated() {
    for point in ["before-insert", "after-insert", "before-send", "after-send"] {
        survives("orders", &format!("orders.{point}:3")).await;
    }
}

#[tokio::test]
async fn given_products_when_killed_at_a_crash_point_then_every_order_is_decided_once() {
    for point in PRODUCTS_POINTS {
        survives("products", &format!("{point}:2")).await;
    }
}

#[tokio::test]
async fn given_products_when_killed_repeatedly_then_the_stock_is_correct() {
    let shop = Shop::builder()
        .env("products", "CRASH_AT", PRODUCTS_POINTS[0])
        .start()
        .await;
    let buyer = shop.user().await;
    let mut expectations = Expectations::default();
    for point in PRODUCTS_POINTS.iter().skip(1).chain(&PRODUCTS_POINTS[..1]) {
        place(&buyer, "chair", &mut expectations).await;
        shop.wait_exit("products").await;
        // It may crash again before it is ready.
        shop.restart_without_waiting("products", &[("CRASH_AT", point)]);
    }
    place(&buyer, "chair", &mut expectations).await;
    shop.wait_exit("products").await;
    shop.restart("products").await;
    shop.check_invariants(&expectations).await;
}

#[tokio::test]
async fn given_partial_development_data_when_products_starts_then_the_data_is_complete() {
    let shop = Shop::start().await;
    shop.kill("products");
    let collection = |name| shop.collection("products", name);
    for (name, lost) in [
        ("categories", doc! { "name": { "$ne": "electronics" } }),
        ("orders", doc! { "status": "REJECTED" }),
        ("products", doc! {}),
    ] {
        let deleted = collection(name).delete_many(lost).await;
        assert!(deleted.expect("deletes").deleted_count > 0);
    }
    shop.restart("products").await;
    for (name, count) in [("categories", 3), ("orders", 3), ("products", 4)] {
        let found = collection(name).count_documents(doc! {}).await;
        assert_eq!(found.expect("counts"), count, "{name}");
    }
    shop.check_invariants(&Expectations::default()).await;
}
