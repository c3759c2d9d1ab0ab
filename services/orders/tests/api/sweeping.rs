//! Publishing pending orders again.

use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128, Document, doc};
use testkit::{SingleService, eventually};

use crate::support::{profile, recorded, start, start_two_replicas};

/// A pending order that has been due for a minute, after this number of resends.
fn due_order(attempts: i64, lines: usize) -> Document {
    let price: Decimal128 = "0.01".parse().expect("a number");
    let line = doc! {
        "id": ObjectId::new(), "name": "chair", "price": price, "quantity": 1_i64,
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
    let database = service.database();
    profile(&database, 2).await;
    let due = (0..1_200).map(|_| due_order(1, 1));
    let orders = service.collection("orders");
    orders.insert_many(due).await.expect("inserts");
    wait_resent(&service, 2).await;
    profile(&database, 0).await;
    let mut searches = recorded(&database).await;
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
async fn given_two_replicas_when_orders_are_due_then_one_of_them_publishes_each() {
    let service = start_two_replicas().await;
    let orders = service.collection("orders");
    for _ in 0..2 {
        let due = (0..500).map(|_| due_order(0, 20));
        orders.insert_many(due).await.expect("inserts");
    }
    wait_resent(&service, 1).await;
    let twice = doc! { "resend.attempts": { "$gt": 1 } };
    let twice = orders.count_documents(twice).await.expect("counts");
    assert_eq!(twice, 0, "orders that both replicas published");
}
