//! Pagination: paging through a list returns each item exactly once.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mongodb::bson::{self, doc};
use serde_json::json;
use testkit::{Client, product};

use crate::support::{admin, names, product_names, start};

const SORTS: [&str; 5] = ["newest", "price", "-price", "name", "-name"];

async fn add(admin: &Client, name: &str, price: f64, quantity: i64) {
    let mut product = product(name, price, quantity);
    product["product"]["description"] = json!("One of many");
    admin.post("/api/products", &product).await.expect(201);
}

async fn set_price(admin: &Client, name: &str, price: f64) {
    let path = format!("/api/products?name={name}");
    let change = json!({ "price": price });
    admin.patch(&path, &change).await.expect(200);
}

/// Reads all pages of `/api/products?{query}`; returns the names of the products.
async fn read_names(client: &Client, query: &str, limit: usize) -> Vec<String> {
    let path = format!("/api/products?{query}");
    names(&client.read_pages(&path, "products", limit).await)
}

fn reversed<'a>(names: &[&'a str]) -> Vec<&'a str> {
    names.iter().rev().copied().collect()
}

#[tokio::test]
async fn given_products_when_paged_through_then_each_is_returned_once_in_creation_order() {
    let service = start().await;
    let (admin, client) = (admin(&service), &service.client);
    for index in 0..9 {
        add(&admin, &format!("thing {index}"), 1.0, 1).await;
    }
    let all = client.get("/api/products").await;
    assert!(
        all.json().get("next_cursor").is_none(),
        "a list without limit is complete"
    );
    let all = all.json()["products"].clone();
    assert_eq!(all.as_array().map(Vec::len), Some(13));
    for limit in [1, 4, 13, 100] {
        let paged = client.read_pages("/api/products?", "products", limit).await;
        assert_eq!(json!(paged), all, "{limit}");
    }
    let kitchen = read_names(client, "categoryName=kitchen", 3).await;
    assert_eq!(kitchen.len(), 11);
    let many = read_names(client, "q=many", 2).await;
    assert_eq!(many.len(), 9);
}

#[tokio::test]
async fn given_products_added_and_changed_between_pages_when_paged_through_then_each_is_returned_once()
 {
    let service = start().await;
    let (admin, client) = (admin(&service), &service.client);
    let first = client.get("/api/products?limit=2").await.expect(200);
    let restock = json!({ "add_quantity": 1 });
    admin
        .patch("/api/products?name=cutlery", &restock)
        .await
        .expect(200);
    add(&admin, "a", 1.0, 1).await;
    let path = format!("/api/products?cursor={}", first.string("next_cursor"));
    let rest = client.get(&path).await.expect(200);
    assert_eq!(product_names(&rest), ["laptop", "headphones", "a"]);
    assert_eq!(rest.json()["next_cursor"], json!(null));
}

#[tokio::test]
async fn given_products_when_paged_through_in_a_sort_order_then_each_is_returned_once_in_that_order()
 {
    let service = start().await;
    let admin = admin(&service);
    for (name, price, quantity) in [
        ("thing 10", 3.0, 1),
        ("thing 9", 3.0, 0),
        ("Éclair", 2.5, 4),
        ("eclat", 3.0, 2),
    ] {
        add(&admin, name, price, quantity).await;
    }
    let check = async |query: &str, expected: &[&str]| {
        for limit in [1, 2, 3, 100] {
            let paged = read_names(&service.client, query, limit).await;
            assert_eq!(paged, expected, "{query} {limit}");
        }
        let path = format!("/api/products?{query}");
        let complete = service.client.get(&path).await.expect(200);
        assert_eq!(product_names(&complete), expected, "{query}");
    };
    let newest = [
        "eclat",
        "éclair",
        "thing 9",
        "thing 10",
        "headphones",
        "laptop",
        "chair",
        "cutlery",
    ];
    check("sort=newest", &newest).await;
    let by_price = [
        "éclair",
        "thing 10",
        "thing 9",
        "eclat",
        "cutlery",
        "chair",
        "headphones",
        "laptop",
    ];
    check("sort=price", &by_price).await;
    check("sort=-price", &reversed(&by_price)).await;
    let by_name = [
        "chair",
        "cutlery",
        "éclair",
        "eclat",
        "headphones",
        "laptop",
        "thing 9",
        "thing 10",
    ];
    check("sort=name", &by_name).await;
    check("sort=-name", &reversed(&by_name)).await;
    let many = ["éclair", "thing 10", "eclat"];
    check("q=many&in_stock=true&sort=price", &many).await;
    let kitchen = ["eclat", "éclair", "thing 10", "chair", "cutlery"];
    check("categoryName=kitchen&in_stock=true&sort=newest", &kitchen).await;
    check("in_stock=false&sort=name", &["thing 9"]).await;
    check("in_stock=false", &["thing 9"]).await;
}

#[tokio::test]
async fn given_prices_changed_between_pages_when_paged_through_by_price_then_each_product_is_returned_once()
 {
    let service = start().await;
    let (admin, client) = (admin(&service), &service.client);
    for sort in ["price", "-price"] {
        for (name, price) in [
            ("cutlery", 10.0),
            ("chair", 20.0),
            ("laptop", 30.0),
            ("headphones", 40.0),
        ] {
            set_price(&admin, name, price).await;
        }
        let get_page = async |cursor: &str| {
            let path = format!("/api/products?sort={sort}&limit=1{cursor}");
            client.get(&path).await.expect(200)
        };
        let mut expected = vec!["cutlery", "chair", "laptop", "headphones"];
        let (mut first_price, mut second_price, mut fourth_price) = (99.0, 1.0, 2.0);
        if sort == "-price" {
            expected.reverse();
            (first_price, second_price, fourth_price) = (1.0, 99.0, 98.0);
        }
        let mut page = get_page("").await;
        let mut paged = product_names(&page);
        // A product that was returned moves to the end, others move before the cursor.
        set_price(&admin, expected[0], first_price).await;
        set_price(&admin, expected[1], second_price).await;
        set_price(&admin, expected[2], 50.0).await;
        while page.json()["next_cursor"].is_string() {
            page = get_page(&format!("&cursor={}", page.string("next_cursor"))).await;
            paged.extend(product_names(&page));
            // A price may change more than once.
            set_price(&admin, expected[2], 5.0).await;
            set_price(&admin, expected[3], fourth_price).await;
        }
        assert_eq!(paged, expected, "{sort}");
        // Without a cursor the current prices count.
        let current = read_names(client, &format!("sort={sort}"), 3).await;
        assert_eq!(current[0], expected[1], "{sort}");
        assert_eq!(current[3], expected[0], "{sort}");
    }
}

#[tokio::test]
async fn given_concurrent_price_changes_when_paged_through_by_price_then_each_product_is_returned_once()
 {
    let service = start().await;
    let (admin, client) = (admin(&service), &service.client);
    for index in 0..20 {
        add(&admin, &format!("thing-{index}"), 5.0 + f64::from(index), 1).await;
    }
    let change = async |first: u32| {
        for round in 0..10 {
            for index in (first..20).step_by(4) {
                let price = f64::from((index * 7 + round * 13) % 40 + 1);
                set_price(&admin, &format!("thing-{index}"), price).await;
            }
        }
    };
    let reads = async {
        for _ in 0..10 {
            for sort in ["price", "-price"] {
                let mut paged = read_names(client, &format!("sort={sort}"), 3).await;
                assert_eq!(paged.len(), 24, "{sort}: {paged:?}");
                paged.sort_unstable();
                paged.dedup();
                assert_eq!(paged.len(), 24, "{sort}: {paged:?}");
            }
        }
    };
    tokio::join!(reads, change(0), change(1), change(2), change(3));
}

#[tokio::test]
async fn given_an_unknown_sort_order_when_requested_then_422() {
    let service = start().await;
    let client = &service.client;
    let get = async |query: &str| client.get(&format!("/api/products?{query}")).await;
    for sort in [
        "",
        "x",
        "Price",
        "+price",
        "quantity",
        "%24where",
        "price,name",
    ] {
        let response = get(&format!("sort={sort}")).await;
        response.expect_field_error("sort");
    }
    for in_stock in ["", "1", "yes", "True"] {
        let response = get(&format!("in_stock={in_stock}")).await;
        response.expect_field_error("in_stock");
    }
    let unsorted = get("limit=1").await.expect(200).string("next_cursor");
    for sort in SORTS {
        let first = get(&format!("limit=1&sort={sort}")).await.expect(200);
        let cursor = first.string("next_cursor");
        for query in [
            format!("sort={sort}&cursor={unsorted}"),
            format!("cursor={cursor}"),
        ] {
            get(&query).await.expect_field_error("cursor");
        }
    }
}

/// Such a cursor would ask for a list as of any price change that its forger likes.
#[tokio::test]
async fn given_a_forged_cursor_when_requested_then_422() {
    let service = start().await;
    let position = [&1_i64.to_be_bytes()[..], &[7; 12]].concat();
    let position_by_price = [b"p", &[0; 16][..], &[7; 12]].concat();
    for (query, forged) in [("", position), ("sort=price", position_by_price)] {
        let forged = URL_SAFE_NO_PAD.encode(forged);
        let path = format!("/api/products?{query}&cursor={forged}");
        service.client.get(&path).await.expect_field_error("cursor");
    }
}

/// The database would read every later price change for each page.
#[tokio::test]
async fn given_a_cursor_by_price_when_ten_thousand_prices_changed_since_then_422() {
    let service = start().await;
    let path = "/api/products?sort=price&limit=1";
    let first = service.client.get(path).await.expect(200);
    let path = format!("{path}&cursor={}", first.string("next_cursor"));
    let changes = service.collection("restocks");
    let add_changes = async |numbers: Range<i64>| {
        let change = |number: i64| {
            let chair = bson::oid::ObjectId::parse_str("11fefe4a1cad4140785928a4");
            let former_price: bson::Decimal128 = "29.99".parse().expect("a number");
            doc! {
                "product_id": chair.expect("an id"), "delta": 0_i64, "version": number + 1_000,
                "at": bson::DateTime::MIN,
                "repricing": { "number": number, "former_price": former_price },
            }
        };
        changes
            .insert_many(numbers.map(change))
            .await
            .expect("inserts");
    };
    add_changes(1..10_001).await;
    let second = service.client.get(&path).await.expect(200);
    assert_eq!(product_names(&second), ["chair"]);
    add_changes(10_001..10_002).await;
    service.client.get(&path).await.expect_field_error("cursor");
}

#[tokio::test]
async fn given_an_invalid_limit_or_cursor_when_requested_then_422() {
    let service = start().await;
    let client = &service.client;
    client.expect_page_errors("/api/products").await;
}
