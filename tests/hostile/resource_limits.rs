//! Clients that use more resources than one client needs.

use std::time::Duration;

use bson::{DateTime, Decimal128, Document, doc, oid::ObjectId};
use futures::future::join_all;
use testkit::{Shop, eventually};

const STREAM: &str = "/api/orders/events";
/// The maximum number of streams that orders allows for one buyer.
const MAX_STREAMS: usize = 16;
/// After this time without a complete response a stream counts as open.
const OPEN_TIMEOUT: Duration = Duration::from_millis(300);
const BUYER: &str = "buyer@test.example";

#[tokio::test]
async fn given_a_buyer_with_the_maximum_of_streams_when_another_is_opened_then_429_for_that_buyer()
{
    let shop = Shop::start().await;
    let (buyer, other) = (shop.user().await, shop.login("bbb@bbb.com").await);
    let mut streams = Vec::new();
    for _ in 0..MAX_STREAMS {
        streams.push(buyer.stream(STREAM, None).await);
    }
    buyer.get(STREAM).await.expect_problem(429);
    drop(other.stream(STREAM, None).await);
    drop(streams);
    eventually("closed streams no longer count", async || {
        // The response of an open stream does not end.
        match tokio::time::timeout(OPEN_TIMEOUT, buyer.get(STREAM)).await {
            Err(_) => Ok(()),
            Ok(response) => Err(response.to_string()),
        }
    })
    .await;
}

/// A list is streamed, so its length does not matter.
#[tokio::test]
async fn given_hundreds_of_large_orders_when_listed_concurrently_then_memory_is_bounded() {
    const ORDERS: u32 = 750;
    const READERS: usize = 6;
    // The test is about memory; on a busy machine a page of large orders takes seconds.
    let builder = Shop::builder().env("orders", "MONGODB_TIMEOUT", "30s");
    let shop = builder.start().await;
    let collection = shop.collection("orders", "orders");
    for first in (0..ORDERS).step_by(250) {
        let orders: Vec<_> = (first..first + 250).map(large_order).collect();
        collection.insert_many(orders).await.expect("inserts");
    }
    let buyer = shop.with_signed_token(BUYER, "user");
    let before = shop.peak_memory("orders");
    let lists =
        join_all((0..READERS).map(async |_| buyer.get("/api/orders").await.expect(200))).await;
    let growth = shop.peak_memory("orders") - before;
    let size: usize = lists.iter().map(|list| list.body.len()).sum();
    assert!(growth < 40, "{growth} MiB more for {size} bytes");
    let expected: Vec<f64> = (1..=ORDERS).map(f64::from).collect();
    for list in lists {
        let list = list.json();
        let orders = list["orders"].as_array().expect("a list").iter();
        let costs: Vec<_> = orders.filter_map(|order| order["cost"].as_f64()).collect();
        assert_eq!(costs, expected);
    }
}

/// A complete list is rendered once for all readers who wait for it, and they share its bytes.
#[tokio::test]
async fn given_thousands_of_products_when_many_list_all_concurrently_then_memory_is_bounded() {
    const PRODUCTS: u32 = 4_000;
    const READERS: usize = 20;
    // The test is about memory; on a busy machine a list takes seconds.
    let builder = Shop::builder().env("products", "MONGODB_TIMEOUT", "30s");
    let shop = builder.start().await;
    let products = (0..PRODUCTS).map(wordy_product);
    let collection = shop.collection("products", "products");
    collection.insert_many(products).await.expect("inserts");
    let before = shop.peak_memory("products");
    let client = shop.direct("products");
    let lists =
        join_all((0..READERS).map(async |_| client.get("/api/products").await.expect(200))).await;
    let growth = shop.peak_memory("products") - before;
    let size: usize = lists.iter().map(|list| list.body.len()).sum();
    assert!(growth < 40, "{growth} MiB more for {size} bytes");
    let expected: Vec<String> = (0..PRODUCTS).map(wordy_name).collect();
    for list in lists {
        let products = list.json()["products"].take();
        let products = products.as_array().expect("a list").iter();
        let names: Vec<_> = products.filter_map(|one| one["name"].as_str()).collect();
        assert!(names.ends_with(&expected.iter().map(String::as_str).collect::<Vec<_>>()));
    }
}

fn wordy_name(number: u32) -> String {
    format!("wordy thing {number:05}")
}

/// A product with a description and search words of average length.
fn wordy_product(number: u32) -> Document {
    let words: Vec<String> = (0..40).map(|word| format!("word{number}x{word}")).collect();
    let price: Decimal128 = "1.00".parse().expect("a number");
    doc! {
        "name": wordy_name(number), "description": words.join(" "), "price": price,
        "quantity": 1, "categories": [], "version": 1_i64, "words": words,
        "name_key": wordy_name(number),
        "created_at": DateTime::from_millis(4_000_000_000_000 + i64::from(number)),
    }
}

/// An order of a hundred lines, with a cost by which it is recognized.
fn large_order(number: u32) -> Document {
    let price = |text: String| text.parse::<Decimal128>().expect("a number");
    let line = doc! {
        "id": ObjectId::from_bytes([1; 12]), "name": "a name of average length",
        "price": price("0.01".to_owned()), "quantity": 1_i64,
    };
    doc! {
        "client_email": BUYER, "status": "ACCEPTED",
        "cost": price(format!("{}.00", number + 1)), "products": vec![line; 100],
        "created_at": DateTime::from_millis(1_700_000_000_000 + i64::from(number)),
    }
}
