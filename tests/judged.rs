//! The judge itself: a fault that is planted in the stores is found, under its own name.

use bson::{Document, doc};
use testkit::{Ledger, Shop};

/// Changes one document of a right shop and expects the judge to name the invariant; puts it back.
async fn finds(
    shop: &Shop,
    ledger: &Ledger,
    planted: (&str, &str, Document, Document),
    invariant: &str,
) {
    let (kind, collection, filter, change) = planted;
    let documents = shop.store(kind).collection::<Document>(collection);
    let before = documents
        .find_one(filter.clone())
        .await
        .expect("the store answers")
        .expect("it is there");
    let id = doc! { "_id": before.get("_id") };
    if change.is_empty() {
        documents
            .delete_one(id.clone())
            .await
            .expect("the store answers");
    } else {
        documents
            .update_one(id.clone(), change.clone())
            .await
            .expect("the store answers");
    }
    let verdict = shop.verdict(ledger).await.expect_err("something is wrong");
    assert!(
        verdict.contains(invariant),
        "{kind}.{collection} {filter} {change}: {verdict}"
    );
    documents
        .replace_one(id, before)
        .upsert(true)
        .await
        .expect("the store answers");
    shop.judge(ledger).await;
}

#[tokio::test]
async fn given_planted_faults_when_judged_then_each_is_found_as_what_it_is() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(shop.place(&buyer, "cutlery", 3).await);
        shop.decided(&buyer, &ids[ids.len() - 1]).await;
    }
    let ledger = Ledger::of(ids.clone());
    shop.judge(&ledger).await;

    let id = doc! { "_id": bson::oid::ObjectId::parse_str(&ids[0]).expect("an id") };
    let cutlery = || doc! { "name": "cutlery" };
    let add = |field: &str, n: i32| doc! { "$inc": { field: n } };
    let set = |field: &str, value: &str| doc! { "$set": { field: value } };
    finds(
        &shop,
        &ledger,
        ("orders", "orders", id.clone(), doc! {}),
        "I1",
    )
    .await;
    finds(
        &shop,
        &ledger,
        ("products", "products", cutlery(), add("quantity", -1)),
        "I4",
    )
    .await;
    finds(
        &shop,
        &ledger,
        ("products", "products", cutlery(), add("quantity", -500)),
        "I5",
    )
    .await;
    finds(
        &shop,
        &ledger,
        ("products", "orders", id.clone(), doc! {}),
        "I6",
    )
    .await;
    finds(
        &shop,
        &ledger,
        ("orders", "orders", id.clone(), set("status", "REJECTED")),
        "I6",
    )
    .await;
    finds(
        &shop,
        &ledger,
        ("orders", "products", cutlery(), add("quantity", 1)),
        "I8",
    )
    .await;
    finds(
        &shop,
        &ledger,
        ("products", "products", cutlery(), add("version", 1)),
        "I8",
    )
    .await;
    finds(
        &shop,
        &ledger,
        ("products", "orders", id, set("status", "REJECTED")),
        "I9",
    )
    .await;

    let fewer = Ledger::of(ids[..1].to_vec());
    let verdict = shop.verdict(&fewer).await.expect_err("an order too many");
    assert!(verdict.contains("I3"), "{verdict}");
    let verdict = shop
        .verdict(&ledger.with_poison(1))
        .await
        .expect_err("a dead letter too few");
    assert!(verdict.contains("I11"), "{verdict}");
}
