//! Listing and adding products.

use std::fmt::Write as _;

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::product;

use crate::support::{CHAIR_PATH, admin, product_names, start};

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
    let service = start().await;
    let get = async |query: &str| service.client.get(&format!("/api/products{query}")).await;
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
async fn given_a_new_product_when_added_then_it_is_returned_listed_last_and_published() {
    let service = start().await;
    let body = product("Vase", 10.5, 3);
    let admin = admin(&service);
    let created = admin.post("/api/products", &body).await.expect(201);
    assert_json_snapshot!(created.json(), @r#"
    {
      "name": "vase",
      "description": "A Vase for a test",
      "price": 10.5,
      "quantity": 3,
      "categories": [
        "kitchen"
      ]
    }
    "#);
    let event = service
        .event("products", |event| event["type"] == "ProductCreate")
        .await;
    assert_json_snapshot!(event, { ".product.id" => "[id]" }, @r#"
    {
      "type": "ProductCreate",
      "product": {
        "id": "[id]",
        "name": "vase",
        "price": 10.5,
        "quantity": 3,
        "version": 1
      }
    }
    "#);
    let listed = service.client.get("/api/products").await.json();
    assert_eq!(listed["products"][4], created.json());
    for name in ["vase", "VASE", " vase "] {
        let again = product(name, 10.5, 3);
        let response = admin.post("/api/products", &again).await;
        response.expect_detail(400, "Product already exists");
    }
}

#[tokio::test]
async fn given_names_in_any_script_when_added_then_they_are_stored_trimmed_and_normalized() {
    let service = start().await;
    let admin = admin(&service);
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
    let service = start().await;
    let admin = admin(&service);
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
    let service = start().await;
    let admin = admin(&service);
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
        service.client.get("/api/products").await.json(),
        seed_products()
    );
}

#[tokio::test]
async fn given_invalid_requests_when_sent_then_each_problem_names_the_reason() {
    let service = start().await;
    let unknown = service.client.get("/api/products?name=sofa").await;
    assert_json_snapshot!(unknown.expect_problem(404), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/unknown-product",
      "title": "Not Found",
      "status": 404,
      "detail": "The requested product does not exist.",
      "instance": "[request id]"
    }
    "#);
    let too_low = json!({ "add_quantity": -31 });
    let too_low = admin(&service).patch(CHAIR_PATH, &too_low).await;
    assert_json_snapshot!(too_low.expect_problem(400), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/bad-request",
      "title": "Bad Request",
      "status": 400,
      "detail": "The stock cannot go below zero.",
      "instance": "[request id]"
    }
    "#);
    let existing = admin(&service)
        .post("/api/products", &product("chair", 1.0, 1))
        .await;
    assert_json_snapshot!(existing.expect_problem(400), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/product-exists",
      "title": "Bad Request",
      "status": 400,
      "detail": "Product already exists",
      "instance": "[request id]"
    }
    "#);
    let anonymous = service
        .client
        .post("/api/products", &product("vase", 1.0, 1))
        .await;
    assert_json_snapshot!(anonymous.expect_problem(401), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/no-token",
      "title": "Unauthorized",
      "status": 401,
      "detail": "You have no access to this resource!",
      "instance": "[request id]"
    }
    "#);
}
