//! Placing orders and reading them.

use serde_json::{Value, json};
use testkit::{Ledger, Shop, order};

const BAD: &str = "Bad request format";
const NO_PRODUCT: &str = "The requested product does not exist.";
const NO_AMOUNT: &str = "The requested amount does not exist.";

#[tokio::test]
async fn given_lines_when_ordered_then_201_pending_with_what_they_cost_and_soon_accepted() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let mut body = order(&[("Cutlery", 2), ("chair", 1), (" CUTLERY ", 1)]);
    body["client_email"] = json!("somebody@else.example");
    body["status"] = json!("ACCEPTED");
    let placed = buyer.post("/api/orders", &body).await.expect(201).json();
    let id = placed["id"].as_str().expect("an id").to_owned();
    assert_eq!(id.len(), 24);
    assert_eq!(placed["status"], "PENDING");
    assert_eq!(placed["cost"], json!(47.96));
    assert!(
        placed["created_at"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z')),
        "{placed}"
    );
    let lines = json!([
        { "name": "cutlery", "price": 5.99, "quantity": 3 },
        { "name": "chair", "price": 29.99, "quantity": 1 },
    ]);
    assert_eq!(placed["products"], lines);

    assert!(placed.get("decided_at").is_none(), "{placed}");

    let decided = shop.decided(&buyer, &id).await;
    assert_eq!(decided["status"], "ACCEPTED");
    assert!(
        decided["decided_at"].as_str() >= placed["created_at"].as_str(),
        "{decided}"
    );
    let listed = buyer.get("/api/orders?limit=1").await.expect(200).json();
    assert_eq!(listed["orders"][0], decided);
    for field in ["id", "cost", "created_at", "products"] {
        assert_eq!(decided[field], placed[field]);
    }
    assert_eq!(
        (shop.quantity("cutlery").await, shop.quantity("chair").await),
        (197, 29)
    );
    let document = shop.store("orders").collection::<bson::Document>("orders");
    let id = bson::oid::ObjectId::parse_str(&id).expect("an id");
    let stored = document
        .find_one(bson::doc! { "_id": id })
        .await
        .expect("the store")
        .expect("the order");
    assert_eq!(
        stored.get_str("client_email").expect("an address"),
        "aaa@aaa.com"
    );
    assert!(
        matches!(stored.get("cost"), Some(bson::Bson::Decimal128(_))),
        "{stored}"
    );
    shop.judge(&Ledger::of(vec![id.to_hex()])).await;
}

#[tokio::test]
async fn given_orders_that_cannot_be_when_placed_then_they_are_refused_with_the_sentence() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let place = async |lines: &[(&str, i64)]| buyer.post("/api/orders", &order(lines)).await;
    place(&[]).await.says(400, BAD);
    for quantity in [0, -1, -2_147_483_648, 2_147_483_648] {
        place(&[("chair", quantity)]).await.says(400, BAD);
    }
    place(&[("chair", 2_147_483_647), ("chair", 1)])
        .await
        .says(400, BAD);
    for name in [
        "",
        "   ",
        "a\u{0}b",
        "a\nb",
        "\u{202e}chair",
        &"x".repeat(101),
    ] {
        place(&[(name, 1)]).await.says(400, BAD);
    }
    place(&[("nothing", 1)]).await.says(404, NO_PRODUCT);
    place(&[("chair", 1), ("nothing", 1)])
        .await
        .says(404, NO_PRODUCT);
    for name in [".*", "ch.ir", "cha", "{\"$ne\":\"\"}"] {
        place(&[(name, 1)]).await.says(404, NO_PRODUCT);
    }
    for quantity in [31, 2_147_483_647] {
        let answer = place(&[("chair", quantity)]).await;
        assert_eq!(
            answer.says(404, NO_AMOUNT)["type"],
            "/problems/insufficient-stock"
        );
    }
    place(&[("chair", 16), ("CHAIR", 15)])
        .await
        .says(404, NO_AMOUNT);
    let names: Vec<_> = (0..101).map(|index| format!("thing {index}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    place(&many).await.says(400, BAD);
    // A hundred are an order, if only they existed; and one line said 150 times is one line.
    place(&many[..100]).await.says(404, NO_PRODUCT);
    let _ = place(&[("cutlery", 1); 150]).await.expect(201);
}

#[tokio::test]
async fn given_a_cost_beyond_the_bound_when_ordered_then_400() {
    let shop = Shop::start().await;
    shop.stock("yacht", 99_999_999.99, 2_147_483_647).await;
    let buyer = shop.user().await;
    buyer
        .post("/api/orders", &order(&[("yacht", 2_147_483_647)]))
        .await
        .says(400, BAD);
    let answer = buyer
        .post("/api/orders", &order(&[("yacht", 900_719)]))
        .await
        .expect(201);
    // Read as text: a binary float would not show every cent.
    assert!(answer.text().contains("90071899990992.81"), "{answer}");
}

#[tokio::test]
async fn given_the_seeded_orders_when_read_then_each_buyer_sees_their_own() {
    let shop = Shop::start().await;
    let check = async |email: &str, id: &str, status: &str, cost: f64, products: Value| {
        let buyer = shop.login(email).await;
        let listed = buyer.get("/api/orders").await.expect(200).json();
        let orders = listed["orders"].as_array().expect("a list");
        assert_eq!(orders.len(), 1);
        let found = &orders[0];
        assert_eq!(
            (&found["id"], &found["status"], &found["cost"]),
            (&json!(id), &json!(status), &json!(cost))
        );
        assert_eq!(found["products"], products);
        let one = buyer
            .get(&format!("/api/orders/{id}"))
            .await
            .expect(200)
            .json();
        assert_eq!(one["products"], products);
        assert_eq!(one["decided_at"], one["created_at"]);
    };
    check("aaa@aaa.com", "71fefe4a1cad4140785928a4", "ACCEPTED", 83.94, json!([
        { "name": "cutlery", "price": 5.99, "quantity": 4 }, { "name": "chair", "price": 29.99, "quantity": 2 },
    ])).await;
    check(
        "bbb@bbb.com",
        "72fefe4a1cad4140785928a4",
        "ACCEPTED",
        1299.99,
        json!([
            { "name": "laptop", "price": 1299.99, "quantity": 1 },
        ]),
    )
    .await;
    check(
        "ccc@ccc.com",
        "73fefe4a1cad4140785928a4",
        "REJECTED",
        699.93,
        json!([
            { "name": "headphones", "price": 99.99, "quantity": 7 },
        ]),
    )
    .await;
    let nobody = shop
        .minted("new@test.example", "user")
        .get("/api/orders")
        .await
        .expect(200);
    assert_eq!(nobody.json(), json!({ "orders": [] }));
}

#[tokio::test]
async fn given_somebody_elses_order_when_read_then_404_as_if_there_were_none() {
    let shop = Shop::start().await;
    let (owner, admin) = (shop.user().await, shop.admin().await);
    let id = shop.place(&owner, "cutlery", 1).await;
    let mut other = admin.get(&format!("/api/orders/{id}")).await.problem(404);
    let mut none = admin
        .get("/api/orders/aaaaaaaaaaaaaaaaaaaaaaaa")
        .await
        .problem(404);
    for body in [&mut other, &mut none] {
        body["instance"] = Value::Null;
    }
    assert_eq!(other, none);
    let _ = owner.get(&format!("/api/orders/{id}")).await.expect(200);
    for id in ["x", "71", "%24ne", &"z".repeat(24), &"a".repeat(25)] {
        owner.get(&format!("/api/orders/{id}")).await.problem(404);
    }
}

#[tokio::test]
async fn given_more_orders_than_pieces_when_decided_then_one_is_rejected_with_the_reason() {
    let shop = Shop::start().await;
    shop.stock("vase", 10.0, 3).await;
    let buyer = shop.user().await;
    // While products is down the copy does not change, so both pass the first check.
    assert!(shop.stop("products").await.success());
    let first = shop.place(&buyer, "vase", 2).await;
    let second = shop.place(&buyer, "vase", 2).await;
    let undecided = buyer.get(&format!("/api/orders/{second}")).await;
    let undecided = undecided.expect(200).json();
    assert!(undecided.get("decided_at").is_none(), "{undecided}");
    shop.start_again("products").await;
    let first_decided = shop.decided(&buyer, &first).await;
    let second_decided = shop.decided(&buyer, &second).await;
    assert_eq!(first_decided["status"], "ACCEPTED");
    assert!(
        first_decided.get("reason").is_none_or(Value::is_null),
        "{first_decided}"
    );
    assert_eq!(second_decided["status"], "REJECTED");
    let reason = json!({ "code": "insufficient_stock", "products": ["vase"] });
    assert_eq!(second_decided["reason"], reason);
    assert!(second_decided["decided_at"].is_string(), "{second_decided}");
    assert_eq!(shop.quantity("vase").await, 1);
    let told = shop.messages("order-status").await;
    let told = told
        .iter()
        .map(|message| serde_json::from_slice::<Value>(&message.payload).expect("JSON"));
    let told = told
        .rev()
        .find(|event| event["order_id"] == second.as_str())
        .expect("it was told");
    assert_eq!(told["reason"], reason);
    shop.judge(&Ledger::of(vec![first, second])).await;
}

#[tokio::test]
async fn given_an_admin_when_ordering_then_it_is_their_order() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let id = shop.place(&admin, "cutlery", 1).await;
    assert_eq!(shop.decided(&admin, &id).await["status"], "ACCEPTED");
    shop.user()
        .await
        .get(&format!("/api/orders/{id}"))
        .await
        .problem(404);
}
