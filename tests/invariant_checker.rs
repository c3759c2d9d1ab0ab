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

    let id = doc! { "_id": ObjectId::parse_str(&ids[0]).expect("an id") };
    let cutlery = doc! { "name": "cutlery" };
    let decision = ("products", "orders", &id);
    let order = ("orders", "orders", &id);
    let product = ("products", "products", &cutlery);
    let copy = ("orders", "products", &cutlery);
    let add = |field: &str, n: i32| Some(doc! { "$inc": { field: n } });
    let reject = || Some(doc! { "$set": { "status": "REJECTED" } });
    for (document, fault, expected) in [
        (order, None, "is lost"),
        (product, add("quantity", -1), "accepted is not"),
        (product, add("quantity", -500), "the stock of cutlery is -"),
        (decision, None, "the decision is None"),
        (order, reject(), "is REJECTED, the decision is"),
        (copy, add("quantity", 1), "the copies"),
        (product, add("version", 1), "the last published version"),
        (decision, reject(), "is not decided by the stock"),
    ] {
        check_fault(&shop, &expectations, document, fault, expected).await;
    }

    let missing_order = violations(&shop, &Expectations::new(ids[..1].to_vec())).await;
    let expected = "1 attempts placed 2 orders";
    assert!(missing_order.contains(expected), "{missing_order}");
    let missing_letter = violations(&shop, &expectations.with_poison(1)).await;
    let expected = "1 poison messages";
    assert!(missing_letter.contains(expected), "{missing_letter}");
}

/// Changes or deletes a document of a service and collection, expects the violation, and restores the
/// document.
async fn check_fault(
    shop: &Shop,
    expectations: &Expectations,
    (service, collection, filter): (&str, &str, &Document),
    change: Option<Document>,
    expected: &str,
) {
    let documents = shop.collection(service, collection);
    let original = documents.find_one(filter.clone()).await.expect("finds");
    let original = original.expect("a document");
    let id = doc! { "_id": original.get("_id") };
    if let Some(change) = change.clone() {
        let changed = documents.update_one(id.clone(), change).await;
        changed.expect("updates");
    } else {
        let deleted = documents.delete_one(id.clone()).await;
        deleted.expect("deletes");
    }
    let violations = violations(shop, expectations).await;
    assert!(
        violations.contains(expected),
        "{service}.{collection} {filter} {change:?}: {violations}"
    );
    let restored = documents.replace_one(id, original).upsert(true).await;
    restored.expect("replaces");
    shop.check_invariants(expectations).await;
}

async fn violations(shop: &Shop, expectations: &Expectations) -> String {
    let violations = shop.find_violations(expectations).await;
    violations.expect_err("a violation")
}
