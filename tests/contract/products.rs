//! The catalogue: reading it, and adding to it.

use std::fmt::Write as _;

use serde_json::{Value, json};
use testkit::{SOON, Shop, eventually, order};

fn seeded() -> Value {
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

fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut product = kettle();
    product["product"][field] = value.into();
    product
}

/// Every byte percent-encoded.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let _ = write!(encoded, "%{byte:02x}");
    }
    encoded
}

#[tokio::test]
async fn given_the_seeded_shop_when_read_then_products_come_in_the_order_of_creation() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    assert_eq!(
        visitor.get("/api/products").await.expect(200).json(),
        seeded()
    );

    for name in ["chair", "CHAIR", "%20chair%20"] {
        let one = visitor
            .get(&format!("/api/products?name={name}"))
            .await
            .expect(200);
        assert_eq!(one.json(), json!({ "products": [seeded()["products"][1]] }));
    }
    for name in ["nothing", "cha", "chair.", ".*", "ch.ir", "%5Echair%24"] {
        let none = visitor.get(&format!("/api/products?name={name}")).await;
        none.says(404, "The requested product does not exist.");
    }
    let kitchen = visitor
        .get("/api/products?categoryName=Kitchen")
        .await
        .expect(200)
        .json();
    let names: Vec<_> = kitchen["products"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| &p["name"])
        .collect();
    assert_eq!(names, ["cutlery", "chair"]);
    for name in ["nothing", ".*"] {
        let none = visitor
            .get(&format!("/api/products?categoryName={name}"))
            .await;
        none.says(404, "The requested category does not exist.");
    }
}

#[tokio::test]
async fn given_an_admin_when_a_product_is_added_then_it_is_there_last_and_can_be_ordered() {
    let shop = Shop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.user().await);
    let created = admin
        .post("/api/products", &kettle())
        .await
        .expect(201)
        .json();
    let expected = json!({ "name": "kettle", "description": "Boils water", "price": 19.9, "quantity": 5, "categories": ["kitchen"] });
    assert_eq!(created, expected);
    let listed = shop.visitor().get("/api/products").await.json();
    assert_eq!(listed["products"][4], expected);
    eventually("the new product can be ordered", SOON, async || {
        let answer = buyer.post("/api/orders", &order(&[("kettle", 1)])).await;
        if answer.status == 201 {
            Ok(())
        } else {
            Err(answer.to_string())
        }
    })
    .await;
    for name in ["kettle", "KETTLE", " kettle "] {
        admin
            .post("/api/products", &with("name", name))
            .await
            .says(400, "Product already exists");
    }
}

#[tokio::test]
async fn given_names_of_any_script_when_added_then_they_are_kept_trimmed_and_normalised() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let check = async |given: &str, kept: &str| {
        let created = admin
            .post("/api/products", &with("name", given))
            .await
            .expect(201)
            .json();
        assert_eq!(created["name"], kept);
        let found = admin
            .get(&format!("/api/products?name={}", encoded(kept)))
            .await
            .expect(200);
        assert_eq!(found.json()["products"][0]["name"], kept);
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
        let _ = admin
            .post("/api/categories", &json!({ "name": format!("c{index}") }))
            .await
            .expect(201);
    }
    let ten: Vec<_> = (0..9)
        .map(|index| format!("c{index}"))
        .chain(["kitchen".to_owned()])
        .collect();
    let cases = [
        ("none in stock", "quantity", json!(0)),
        ("most in stock", "quantity", json!(2_147_483_647)),
        ("cheapest", "price", json!(0.01)),
        ("dearest", "price", json!(99_999_999.99)),
        ("a whole number", "price", json!(3)),
        (
            "longest description",
            "description",
            json!("x".repeat(2_000)),
        ),
        ("ten categories", "categories", json!(ten)),
    ];
    for (name, field, value) in cases {
        let mut product = with(field, value.clone());
        product["product"]["name"] = json!(name);
        let created = admin
            .post("/api/products", &product)
            .await
            .expect(201)
            .json();
        if field == "price" {
            assert_eq!(created[field].as_f64(), value.as_f64(), "{name}");
        } else {
            assert_eq!(created[field], value, "{name}");
        }
    }
    let mut twice = with("categories", json!(["kitchen", "Kitchen", "electronics"]));
    twice["product"]["name"] = json!("a category named twice");
    let created = admin.post("/api/products", &twice).await.expect(201).json();
    assert_eq!(created["categories"], json!(["kitchen", "electronics"]));
}

#[tokio::test]
async fn given_a_product_that_breaks_a_rule_when_added_then_400_and_nothing_is_added() {
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
        admin
            .post("/api/products", &with(field, value))
            .await
            .problem(400);
    }
    let unknown = admin
        .post(
            "/api/products",
            &with("categories", json!(["kitchen", "unknown"])),
        )
        .await;
    unknown.says(404, "The requested category does not exist.");
    assert_eq!(shop.visitor().get("/api/products").await.json(), seeded());
}
