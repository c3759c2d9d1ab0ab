//! Placing orders and reading them.

use bson::{Bson, doc, oid::ObjectId};
use serde_json::{Value, json};
use testkit::{Expectations, Record, Shop, order};

use super::place;

const BAD: &str = "Bad request format";
const NO_PRODUCT: &str = "The requested product does not exist.";
const NO_AMOUNT: &str = "The requested amount does not exist.";

#[tokio::test]
async fn given_lines_when_ordered_then_201_pending_with_their_cost_and_later_accepted() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let mut body = order(&[("Cutlery", 2), ("chair", 1), (" CUTLERY ", 1)]);
    body["client_email"] = json!("other@test.example");
    body["status"] = json!("ACCEPTED");
    let response = buyer.post("/api/orders", &body).await.expect(201);
    let (placed, id) = (response.json(), response.string("id"));
    assert_eq!(id.len(), 24);
    assert_eq!(placed["status"], "PENDING");
    assert_eq!(placed["cost"], json!(47.96));
    assert!(response.string("created_at").ends_with('Z'), "{placed}");
    let lines = json!([
        { "name": "cutlery", "price": 5.99, "quantity": 3 },
        { "name": "chair", "price": 29.99, "quantity": 1 },
    ]);
    assert_eq!(placed["products"], lines);
    assert!(placed.get("decided_at").is_none(), "{placed}");

    let decided = shop.wait_decided(&buyer, &id).await;
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
    assert_eq!(shop.stock("cutlery").await, 197);
    assert_eq!(shop.stock("chair").await, 29);
    let filter = doc! { "_id": ObjectId::parse_str(&id).expect("an id") };
    let stored = shop.collection("orders", "orders").find_one(filter).await;
    let stored = stored.expect("finds").expect("the order");
    assert_eq!(stored["client_email"], Bson::from("aaa@aaa.com"));
    assert!(matches!(stored["cost"], Bson::Decimal128(_)), "{stored}");
    shop.check_invariants(&Expectations::new(vec![id])).await;
}

#[tokio::test]
async fn given_invalid_orders_when_placed_then_they_are_rejected_with_their_error_messages() {
    let shop = Shop::start().await;
    let buyer = shop.user().await;
    let rejects = async |lines: &[(&str, i64)], status: u16, detail: &str| {
        let response = place(&buyer, lines).await;
        response.expect_detail(status, detail)
    };
    rejects(&[], 400, BAD).await;
    for quantity in [0, -1, -2_147_483_648, 2_147_483_648] {
        rejects(&[("chair", quantity)], 400, BAD).await;
    }
    rejects(&[("chair", 2_147_483_647), ("chair", 1)], 400, BAD).await;
    for name in [
        "",
        "   ",
        "a\u{0}b",
        "a\nb",
        "\u{202e}chair",
        &"x".repeat(101),
    ] {
        rejects(&[(name, 1)], 400, BAD).await;
    }
    rejects(&[("nothing", 1)], 404, NO_PRODUCT).await;
    rejects(&[("chair", 1), ("nothing", 1)], 404, NO_PRODUCT).await;
    for name in [".*", "ch.ir", "cha", "{\"$ne\":\"\"}"] {
        rejects(&[(name, 1)], 404, NO_PRODUCT).await;
    }
    for quantity in [31, 2_147_483_647] {
        let problem = rejects(&[("chair", quantity)], 404, NO_AMOUNT).await;
        assert_eq!(problem["type"], "/problems/insufficient-stock");
    }
    rejects(&[("chair", 16), ("CHAIR", 15)], 404, NO_AMOUNT).await;
    let names: Vec<_> = (0..101).map(|index| format!("thing {index}")).collect();
    let lines: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    rejects(&lines, 400, BAD).await;
    // The limit is a hundred lines, after lines of the same product are merged.
    rejects(&lines[..100], 404, NO_PRODUCT).await;
    place(&buyer, &[("cutlery", 1); 150]).await.expect(201);
}

#[tokio::test]
async fn given_a_cost_above_the_maximum_when_ordered_then_400() {
    let shop = Shop::start().await;
    shop.add_product("yacht", 99_999_999.99, 2_147_483_647)
        .await;
    let buyer = shop.user().await;
    let too_much = place(&buyer, &[("yacht", 2_147_483_647)]).await;
    too_much.expect_detail(400, BAD);
    let response = place(&buyer, &[("yacht", 900_719)]).await.expect(201);
    // Checked as text, because a binary float would lose the cents.
    assert!(response.text().contains("90071899990992.81"), "{response}");
}

#[tokio::test]
async fn given_seed_orders_when_read_then_each_buyer_sees_only_their_own() {
    let shop = Shop::start().await;
    let line = |name: &str, price: f64, quantity: i64| json!({ "name": name, "price": price, "quantity": quantity });
    for (email, id, status, cost, lines) in [
        (
            "aaa@aaa.com",
            "71fefe4a1cad4140785928a4",
            "ACCEPTED",
            83.94,
            json!([line("cutlery", 5.99, 4), line("chair", 29.99, 2)]),
        ),
        (
            "bbb@bbb.com",
            "72fefe4a1cad4140785928a4",
            "ACCEPTED",
            1299.99,
            json!([line("laptop", 1299.99, 1)]),
        ),
        (
            "ccc@ccc.com",
            "73fefe4a1cad4140785928a4",
            "REJECTED",
            699.93,
            json!([line("headphones", 99.99, 7)]),
        ),
    ] {
        let buyer = shop.login(email).await;
        let listed = buyer.get("/api/orders").await.expect(200).json();
        let [found] = listed["orders"].as_array().expect("a list").as_slice() else {
            panic!("not one order: {listed}")
        };
        assert_eq!(found["id"], id);
        assert_eq!(found["status"], status);
        assert_eq!(found["cost"], json!(cost));
        assert_eq!(found["products"], lines);
        let order = buyer.get(&format!("/api/orders/{id}")).await;
        let order = order.expect(200).json();
        assert_eq!(order["products"], lines);
        assert_eq!(order["decided_at"], order["created_at"]);
    }
    let new_buyer = shop.with_signed_token("new@test.example", "user");
    let listed = new_buyer.get("/api/orders").await.expect(200);
    assert_eq!(listed.json(), json!({ "orders": [] }));
}

#[tokio::test]
async fn given_another_buyers_order_when_read_then_404_as_if_it_did_not_exist() {
    let shop = Shop::start().await;
    let (owner, admin) = (shop.user().await, shop.admin().await);
    let id = shop.place_order(&owner, "cutlery", 1).await;
    let mut problems = Vec::new();
    for id in [id.as_str(), "aaaaaaaaaaaaaaaaaaaaaaaa"] {
        let response = admin.get(&format!("/api/orders/{id}")).await;
        let mut problem = response.expect_problem(404);
        problem["instance"] = Value::Null;
        problems.push(problem);
    }
    assert_eq!(problems[0], problems[1]);
    owner.get(&format!("/api/orders/{id}")).await.expect(200);
    for id in ["x", "71", "%24ne", &"z".repeat(24), &"a".repeat(25)] {
        let response = owner.get(&format!("/api/orders/{id}")).await;
        response.expect_problem(404);
    }
}

#[tokio::test]
async fn given_orders_exceeding_the_stock_when_decided_then_one_is_rejected_with_the_reason() {
    let shop = Shop::start().await;
    shop.add_product("vase", 10.0, 3).await;
    let buyer = shop.user().await;
    // While products is down the product copy does not change, so both orders pass the first check.
    assert!(shop.stop("products").await.success());
    let first = shop.place_order(&buyer, "vase", 2).await;
    let second = shop.place_order(&buyer, "vase", 2).await;
    let pending = buyer.get(&format!("/api/orders/{second}")).await;
    let pending = pending.expect(200).json();
    assert!(pending.get("decided_at").is_none(), "{pending}");
    shop.restart("products").await;
    let accepted = shop.wait_decided(&buyer, &first).await;
    assert_eq!(accepted["status"], "ACCEPTED");
    assert!(
        accepted.get("reason").is_none_or(Value::is_null),
        "{accepted}"
    );
    let rejected = shop.wait_decided(&buyer, &second).await;
    assert_eq!(rejected["status"], "REJECTED");
    let reason = json!({ "code": "insufficient_stock", "products": ["vase"] });
    assert_eq!(rejected["reason"], reason);
    assert!(rejected["decided_at"].is_string(), "{rejected}");
    assert_eq!(shop.stock("vase").await, 1);
    let messages = shop.messages("order-status").await;
    let mut events = messages.iter().map(Record::json).rev();
    let published = events.find(|event| event["order_id"] == second.as_str());
    assert_eq!(published.expect("the decision")["reason"], reason);
    shop.check_invariants(&Expectations::new(vec![first, second]))
        .await;
}

#[tokio::test]
async fn given_an_admin_when_ordering_then_the_order_is_visible_to_the_admin_only() {
    let shop = Shop::start().await;
    let (admin, user) = (shop.admin().await, shop.user().await);
    let id = shop.place_order(&admin, "cutlery", 1).await;
    assert_eq!(shop.wait_decided(&admin, &id).await["status"], "ACCEPTED");
    let response = user.get(&format!("/api/orders/{id}")).await;
    response.expect_problem(404);
}
