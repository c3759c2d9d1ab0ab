//! kill -9 at the places where it hurts most, which the services name.

use testkit::{Ledger, SOON, Shop, eventually};

use super::{place, place_until_taken};

/// Lets `service` die at `point`, while orders are placed; starts it again; judges.
async fn survives(service: &str, point: &str) {
    let shop = Shop::builder()
        .env(service, "CRASH_AT", point)
        .start()
        .await;
    let buyer = shop.user().await;
    let mut ledger = Ledger::default();
    while !shop.has_ended(service) {
        place(&buyer, "cutlery", &mut ledger).await;
        // One by one, so that there are as many batches as orders.
        dead_or_decided(&shop, service).await;
    }
    let status = shop.wait_exit(service).await;
    assert!(!status.success(), "{service} ended by itself: {status}");
    shop.start_again(service).await;
    place_until_taken(&shop, "cutlery", &mut ledger).await;
    shop.judge(&ledger).await;
}

/// Waits until the service is dead or nothing is left for it to do.
async fn dead_or_decided(shop: &Shop, service: &str) {
    let orders = shop.store("orders").collection::<bson::Document>("orders");
    eventually(
        &format!("{service} has died, or every order is decided"),
        SOON,
        async || {
            let pending = orders
                .count_documents(bson::doc! { "status": "PENDING" })
                .await;
            let pending = pending.map_err(|error| error.to_string())?;
            if pending == 0 || shop.has_ended(service) {
                Ok(())
            } else {
                Err(format!("{pending} are PENDING"))
            }
        },
    )
    .await;
}

#[tokio::test]
async fn given_orders_when_killed_before_the_insert_then_there_is_no_order_without_an_answer() {
    survives("orders", "orders.before-insert:3").await;
}

#[tokio::test]
async fn given_orders_when_killed_after_the_insert_then_the_order_is_driven_to_its_decision() {
    survives("orders", "orders.after-insert:3").await;
}

#[tokio::test]
async fn given_orders_when_killed_before_the_send_then_the_order_is_sent_later() {
    survives("orders", "orders.before-send:3").await;
}

#[tokio::test]
async fn given_orders_when_killed_after_the_send_then_the_duplicate_is_absorbed() {
    survives("orders", "orders.after-send:3").await;
}

#[tokio::test]
async fn given_products_when_killed_in_a_transaction_then_the_batch_comes_again() {
    survives("products", "products.in-transaction:2").await;
}

#[tokio::test]
async fn given_products_when_killed_after_the_commit_then_the_decision_is_told() {
    survives("products", "products.after-commit:2").await;
}

#[tokio::test]
async fn given_products_when_killed_before_the_offsets_are_stored_then_the_repeat_is_absorbed() {
    survives("products", "products.before-offsets:2").await;
}

#[tokio::test]
async fn given_products_when_killed_after_the_send_then_the_repeat_is_absorbed() {
    survives("products", "products.after-send:2").await;
}

#[tokio::test]
async fn given_products_when_killed_again_and_again_then_every_piece_is_accounted_for() {
    let points = [
        "products.in-transaction",
        "products.after-commit",
        "products.before-offsets",
        "products.after-send",
    ];
    let shop = Shop::builder()
        .env("products", "CRASH_AT", points[0])
        .start()
        .await;
    let buyer = shop.user().await;
    let mut ledger = Ledger::default();
    for point in points.iter().skip(1).chain(&points[..1]) {
        place(&buyer, "chair", &mut ledger).await;
        shop.wait_exit("products").await;
        // It may die again before it has said that it is ready.
        shop.spawn_again("products", &[("CRASH_AT", point)]);
    }
    place(&buyer, "chair", &mut ledger).await;
    shop.wait_exit("products").await;
    shop.start_again("products").await;
    shop.judge(&ledger).await;
}

#[tokio::test]
async fn given_products_died_in_the_middle_of_its_development_data_when_started_then_all_is_there()
{
    let shop = Shop::start().await;
    shop.kill("products");
    let collection = |name| {
        let products = shop.store("products");
        products.collection::<bson::Document>(name)
    };
    for (name, lost) in [
        (
            "categories",
            bson::doc! { "name": { "$ne": "electronics" } },
        ),
        ("orders", bson::doc! { "status": "REJECTED" }),
        ("products", bson::doc! {}),
    ] {
        let deleted = collection(name).delete_many(lost).await;
        assert!(deleted.expect("the store answers").deleted_count > 0);
    }
    shop.start_again("products").await;
    for (name, count) in [("categories", 3), ("orders", 3), ("products", 4)] {
        let found = collection(name).count_documents(bson::doc! {}).await;
        assert_eq!(found.expect("the store answers"), count, "{name}");
    }
    shop.judge(&Ledger::default()).await;
}
