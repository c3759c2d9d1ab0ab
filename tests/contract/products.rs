//! The catalogue: reading it and adding products.

use std::fmt::Write as _;

use serde_json::{Value, json};
use testkit::{Shop, eventually_status, order};

use super::product_names;

fn seed_products() -> Value {
    let product = |name: &str,
                   description: &str,
                   price: f64,
                   quantity: i64,
                   categories: &[&str]| {
        json!({ "name": name, "description": description, "price": price, "quantity": quantity, "categories": categories })
    };
    json!({ "products": [
        product("cutlery", "An interesting set of cutlery", 5.99, 200, &["kitchen"]),
        product("chair", "A comfortable armchair", 29.99, 30, &["furniture", "kitchen"]),
        product("laptop", "A powerful computing device", 1299.99, 1, &["electronics"]),
        product("headphones", "Wireless noise-cancelling headphones", 99.99, 1, &["electronics"]),
    ]})
}

fn kettle() -> Value {
    json!({ "product": {
        "name": "Kettle", "description": "Boils water", "price": 19.9, "quantity": 5, "categories": ["kitchen"],
    }})
}

/// The kettle with another value of a field.
fn kettle_with(field: &str, value: impl Into<Value>) -> Value {
    let mut product = kettle();
    product["product"][field] = value.into();
    product
}

/// Percent-encodes every byte.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let _ = write!(encoded, "%{byte:02x}");
    }
    encoded
}

#[tokio::test]
async fn given_seed_data_when_products_are_listed_then_they_are_in_creation_order() {
    let shop = Shop::start().await;
    let client = shop.anonymous();
    let get = async |query: &str| client.get(&format!("/api/products{query}")).await;
    assert_eq!(get("").await.expect(200).json(), seed_products());

    for name in ["chair", "CHAIR", "%20chair%20"] {
        let found = get(&format!("?name={name}")).await.expect(200).json();
        assert_eq!(
            found,
            json!({ "products": [seed_products()["products"][1]] })
        );
    }
    for name in ["nothing", "cha", "chair.", ".*", "ch.ir", "%5Echair%24"] {
        let response = get(&format!("?name={name}")).await;
        response.expect_detail(404, "The requested product does not exist.");
    }
    let kitchen = get("?categoryName=Kitchen").await.expect(200);
    assert_eq!(product_names(&kitchen), ["cutlery", "chair"]);
    for name in ["nothing", ".*"] {
        let response = get(&format!("?categoryName={name}")).await;
        response.expect_detail(404, "The requested category does not exist.");
    }
}

#[tokio::test]
async fn given_an_admin_when_a_product_is_added_then_it_is_listed_last_and_can_be_ordered() {
    let shop = Shop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.user().await);
    let created = admin.post("/api/products", &kettle()).await.expect(201);
    let mut expected = kettle()["product"].clone();
    expected["name"] = json!("kettle");
    assert_eq!(created.json(), expected);
    let listed = shop.anonymous().get("/api/products").await.json();
    assert_eq!(listed["products"][4], expected);
    eventually_status("the new product can be ordered", 201, async || {
        buyer.post("/api/orders", &order(&[("kettle", 1)])).await
    })
    .await;
    for name in ["kettle", "KETTLE", " kettle "] {
        let response = admin
            .post("/api/products", &kettle_with("name", name))
            .await;
        response.expect_detail(400, "Product already exists");
    }
}

#[tokio::test]
async fn given_names_in_any_script_when_added_then_they_are_stored_trimmed_and_normalized() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let check = async |name: &str, stored: &str| {
        let product = kettle_with("name", name);
        let created = admin.post("/api/products", &product).await.expect(201);
        assert_eq!(created.string("name"), stored);
        let path = format!("/api/products?name={}", percent_encoded(stored));
        let found = admin.get(&path).await.expect(200);
        assert_eq!(product_names(&found), [stored]);
    };
    check("  Tea Pot ", "tea pot").await;
    check("Cafe\u{301} Crème", "caf\u{e9} crème").await;
    check("椅子", "椅子").await;
    check("a.*b", "a.*b").await;
    check("{$ne: 1}", "{$ne: 1}").await;
    check(&"x".repeat(100), &"x".repeat(100)).await;
}

#[tokio::test]
async fn given_a_product_within_the_bounds_when_added_then_201() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for index in 0..9 {
        let category = json!({ "name": format!("c{index}") });
        admin.post("/api/categories", &category).await.expect(201);
    }
    let ten: Vec<_> = (0..9)
        .map(|index| format!("c{index}"))
        .chain(["kitchen".to_owned()])
        .collect();
    let cases = [
        ("out of stock", "quantity", json!(0)),
        ("maximum stock", "quantity", json!(2_147_483_647)),
        ("minimum price", "price", json!(0.01)),
        ("maximum price", "price", json!(99_999_999.99)),
        ("a whole number", "price", json!(3)),
        (
            "longest description",
            "description",
            json!("x".repeat(2_000)),
        ),
        ("ten categories", "categories", json!(ten)),
    ];
    for (name, field, value) in cases {
        let mut product = kettle_with(field, value.clone());
        product["product"]["name"] = json!(name);
        let created = admin.post("/api/products", &product).await;
        let created = created.expect(201).json();
        if field == "price" {
            assert_eq!(created[field].as_f64(), value.as_f64(), "{name}");
        } else {
            assert_eq!(created[field], value, "{name}");
        }
    }
    let mut twice = kettle_with("categories", json!(["kitchen", "Kitchen", "electronics"]));
    twice["product"]["name"] = json!("a duplicate category");
    let created = admin.post("/api/products", &twice).await.expect(201).json();
    assert_eq!(created["categories"], json!(["kitchen", "electronics"]));
}

#[tokio::test]
async fn given_an_invalid_product_when_added_then_400_and_nothing_is_added() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let eleven: Vec<_> = (0..11).map(|index| format!("c{index}")).collect();
    let cases = [
        ("name", json!("")),
        ("name", json!("   ")),
        ("name", json!("a\u{0}b")),
        ("name", json!("a\nb")),
        ("name", json!("a\u{200b}b")),
        ("name", json!("x".repeat(101))),
        ("description", json!("")),
        ("description", json!("a\u{7}b")),
        ("description", json!("x".repeat(2_001))),
        ("price", json!(0)),
        ("price", json!(-1)),
        ("price", json!(1.999)),
        ("price", json!(100_000_000)),
        ("price", json!(1e30)),
        ("quantity", json!(-1)),
        ("quantity", json!(2_147_483_648_i64)),
        ("categories", json!([])),
        ("categories", json!(eleven)),
    ];
    for (field, value) in cases {
        let response = admin
            .post("/api/products", &kettle_with(field, value))
            .await;
        response.expect_problem(400);
    }
    let unknown = kettle_with("categories", json!(["kitchen", "unknown"]));
    let response = admin.post("/api/products", &unknown).await;
    response.expect_detail(404, "The requested category does not exist.");
    assert_eq!(
        shop.anonymous().get("/api/products").await.json(),
        seed_products()
    );
}
