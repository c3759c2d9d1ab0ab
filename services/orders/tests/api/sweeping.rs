//! Publishing pending orders again.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128, Document, doc};
use testkit::{SingleService, eventually};

use crate::proxy::Proxy;
use crate::support::{start, start_two_replicas};

/// A pending order that has been due for a minute, after this number of resends.
fn due_order(attempts: i64, lines: usize) -> Document {
    let price: Decimal128 = "0.01".parse().expect("a number");
    let line = doc! {
        "id": ObjectId::new(), "name": "𝓍".repeat(100), "price": price, "quantity": 1_i64,
    };
    let minute_ago = DateTime::from_millis(DateTime::now().timestamp_millis() - 60_000);
    doc! {
        "client_email": "buyer@example.com", "status": "PENDING", "cost": price,
        "products": vec![line; lines], "created_at": minute_ago,
        "resend": { "at": minute_ago, "attempts": attempts },
    }
}

/// Waits until no order has fewer resends.
async fn wait_resent(service: &SingleService, attempts: i64) {
    eventually("all orders are published again", async || {
        let fewer = doc! { "resend.attempts": { "$lt": attempts } };
        let left = service.collection("orders").count_documents(fewer).await;
        match left.expect("counts") {
            0 => Ok(()),
            left => Err(format!("{left} are not")),
        }
    })
    .await;
}

#[tokio::test]
async fn given_many_sent_orders_that_are_due_when_swept_then_no_search_reads_more_than_it_finds() {
    let service = start().await;
    let profile = service.profile().await;
    let due = (0..1_200).map(|_| due_order(1, 1));
    let orders = service.collection("orders");
    orders.insert_many(due).await.expect("inserts");
    wait_resent(&service, 2).await;
    let mut searches = profile.operations("orders").await;
    searches.retain(|operation| {
        let command = operation.get_document("command");
        command.is_ok_and(|command| command.contains_key("sort"))
    });
    assert!(!searches.is_empty(), "nothing is recorded");
    for search in searches {
        let number = |field| search.get_i32(field).unwrap_or_default();
        let found = number("nreturned");
        assert!(number("docsExamined") <= found + 10, "{search}");
        assert!(number("keysExamined") <= found + 10, "{search}");
    }
}

#[tokio::test]
async fn given_many_large_orders_that_are_due_when_swept_then_each_read_has_a_megabyte_at_most() {
    let service = start().await;
    let profile = service.profile().await;
    let due = (0..100).map(|_| due_order(0, 100));
    let orders = service.collection("orders");
    orders.insert_many(due).await.expect("inserts");
    wait_resent(&service, 1).await;
    let largest = profile.largest_response("orders").await;
    assert!((500_000..1_200_000).contains(&largest), "{largest}");
}

#[tokio::test]
async fn given_an_order_that_the_broker_refuses_when_others_are_due_then_they_are_published() {
    let service = start().await;
    let orders = service.collection("orders");
    // Its message is larger than the broker accepts, and it has been due for longest.
    let mut refused = due_order(0, 6_000);
    let resend = refused.get_document_mut("resend").expect("a document");
    resend.insert("at", DateTime::from_millis(0));
    let (refused, unsent, sent) = (refused, due_order(0, 1), due_order(3, 1));
    let all = [&refused, &unsent, &sent];
    orders.insert_many(all).await.expect("inserts");
    for (attempts, number) in [(0, 1), (1, 1), (4, 1)] {
        eventually("each order has its turn", async || {
            let with = doc! { "resend.attempts": attempts };
            let found = orders.count_documents(with).await.expect("counts");
            (found == number)
                .then_some(())
                .ok_or_else(|| format!("{found} orders have {attempts} resends"))
        })
        .await;
    }
}

#[tokio::test]
async fn given_two_replicas_when_orders_are_due_then_one_of_them_publishes_each() {
    // The name of the field in the update that claims orders.
    let (service, claims) = start_two_replicas(b"resend.claim").await;
    let orders = service.collection("orders");
    let before = claims.each_ref().map(Proxy::seen);
    eventually("both replicas have claimed orders", async || {
        let due = (0..500).map(|_| due_order(0, 20));
        orders.insert_many(due).await.expect("inserts");
        wait_resent(&service, 1).await;
        let twice = doc! { "resend.attempts": { "$gt": 1 } };
        let twice = orders.count_documents(twice).await.expect("counts");
        assert_eq!(twice, 0, "orders that both replicas published");
        // Otherwise they would be due again after some seconds.
        orders.delete_many(doc! {}).await.expect("deletes");
        let new = [0, 1].map(|replica| claims[replica].seen() - before[replica]);
        (new.iter().all(|claims| *claims > 0))
            .then_some(())
            .ok_or_else(|| format!("{new:?} claims"))
    })
    .await;
}
