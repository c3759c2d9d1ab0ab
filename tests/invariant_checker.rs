//! The invariant checker itself: it reports an injected fault.

use bson::{Document, doc, oid::ObjectId};
use testkit::{Expectations, Shop};

#[tokio::test]
async fn given_an_injected_fault_when_the_invariants_are_checked_then_the_violation_is_reported() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(shop.place_order(&buyer, "cutlery", 3).await);
        shop.wait_decided(&buyer, &ids[ids.len() - 1]).await;
    }
    let expectations = Expectations::new(ids.clone());
    shop.check_invariants(&expectations).await;
    // It would publish the changed states.
    shop.stop("products").await;

    // Changes or deletes a document, expects the violation, and restores the document.
    let check = async |service: &str,
                       collection: &str,
                       filter: &Document,
                       change: Option<Document>,
                       expected: &str| {
        let documents = shop.collection(service, collection);
        let original = documents.find_one(filter.clone()).await.expect("finds");
        let original = original.expect("a document");
        let id = doc! { "_id": original.get("_id") };
        match change.clone() {
            Some(change) => drop(
                documents
                    .update_one(id.clone(), change)
                    .await
                    .expect("updates"),
            ),
            None => drop(documents.delete_one(id.clone()).await.expect("deletes")),
        }
        let violations = shop.find_violations(&expectations).await;
        let violations = violations.expect_err("a violation");
        assert!(
            violations.contains(expected),
            "{service}.{collection} {filter} {change:?}: {violations}"
        );
        let restored = documents.replace_one(id, original).upsert(true).await;
        restored.expect("replaces");
        shop.check_invariants(&expectations).await;
    };
    let id = doc! { "_id": ObjectId::parse_str(&ids[0]).expect("an id") };
    let cutlery = doc! { "name": "cutlery" };
    let add = |field: &str, n: i32| Some(doc! { "$inc": { field: n } });
    let reject = Some(doc! { "$set": { "status": "REJECTED" } });
    check("orders", "orders", &id, None, "is lost").await;
    check(
        "products",
        "products",
        &cutlery,
        add("quantity", -1),
        "accepted is not",
    )
    .await;
    check(
        "products",
        "products",
        &cutlery,
        add("quantity", -500),
        "the stock of cutlery is -",
    )
    .await;
    check("products", "orders", &id, None, "the decision is None").await;
    check(
        "orders",
        "orders",
        &id,
        reject.clone(),
        "is REJECTED, the decision is",
    )
    .await;
    check(
        "orders",
        "products",
        &cutlery,
        add("quantity", 1),
        "the copies",
    )
    .await;
    check(
        "products",
        "products",
        &cutlery,
        add("version", 1),
        "the last published version",
    )
    .await;
    check(
        "products",
        "orders",
        &id,
        reject,
        "is not decided by the stock",
    )
    .await;

    let violations = async |expectations: &Expectations| {
        let violations = shop.find_violations(expectations).await;
        violations.expect_err("a violation")
    };
    let missing_order = violations(&Expectations::new(ids[..1].to_vec())).await;
    assert!(
        missing_order.contains("1 attempts placed 2 orders"),
        "{missing_order}"
    );
    let missing_dead_letter = violations(&expectations.with_poison(1)).await;
    assert!(
        missing_dead_letter.contains("1 poison messages"),
        "{missing_dead_letter}"
    );
}
