//! Placing orders.

use insta::assert_json_snapshot;
use serde_json::json;
use testkit::{Method, eventually_status, order};

use crate::support::{buyer, place, start};

const BAD: &str = "Bad request format";
const NO_PRODUCT: &str = "The requested product does not exist.";
const NO_AMOUNT: &str = "The requested amount does not exist.";

#[tokio::test]
async fn given_a_product_when_an_order_is_placed_then_it_is_returned_pending_and_published() {
    let service = start().await;
    let placed = place(&buyer(&service), &[("Chair", 2), ("chair", 1)]).await;
    let placed = placed.expect(201);
    assert_json_snapshot!(placed.json(), { ".id" => "[id]", ".created_at" => "[time]" }, @r#"
    {
      "id": "[id]",
      "status": "PENDING",
      "cost": 89.97,
      "created_at": "[time]",
      "products": [
        {
          "name": "chair",
          "price": 29.99,
          "quantity": 3
        }
      ]
    }
    "#);
    let location = format!("/api/orders/{}", placed.string("id"));
    assert_eq!(placed.header("location"), Some(location.as_str()));
    let event = service.event("orders", |_| true).await;
    assert_eq!(event["order"]["id"], placed.string("id"));
    assert_json_snapshot!(event, { ".order.id" => "[id]" }, @r#"
    {
      "type": "OrderCreate",
      "order": {
        "id": "[id]",
        "client_email": "buyer@example.com",
        "cost": 89.97,
        "status": "PENDING",
        "products": [
          {
            "id": "11fefe4a1cad4140785928a4",
            "name": "chair",
            "price": 29.99,
            "quantity": 3
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn given_orders_that_cannot_be_placed_when_sent_then_each_problem_names_the_reason() {
    let service = start().await;
    let buyer = buyer(&service);
    let unknown = place(&buyer, &[("sofa", 1)]).await;
    assert_json_snapshot!(unknown.expect_problem(404), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/unknown-product",
      "title": "Not Found",
      "status": 404,
      "detail": "The requested product does not exist.",
      "instance": "[request id]"
    }
    "#);
    let too_many = place(&buyer, &[("chair", 31)]).await;
    assert_json_snapshot!(too_many.expect_problem(404), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/insufficient-stock",
      "title": "Not Found",
      "status": 404,
      "detail": "The requested amount does not exist.",
      "instance": "[request id]"
    }
    "#);
    let empty = place(&buyer, &[]).await;
    assert_json_snapshot!(empty.expect_problem(400), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/bad-request",
      "title": "Bad Request",
      "status": 400,
      "detail": "Bad request format",
      "instance": "[request id]"
    }
    "#);
    let malformed = json!({ "products": [{ "name": "chair", "quantity": "two" }] });
    let malformed = buyer.post("/api/orders", &malformed).await;
    assert_json_snapshot!(malformed.expect_problem(422), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/invalid-input",
      "title": "Unprocessable Entity",
      "status": 422,
      "detail": "products[0].quantity: must be a whole number",
      "instance": "[request id]",
      "errors": [
        {
          "field": "products[0].quantity",
          "message": "must be a whole number"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn given_invalid_orders_when_placed_then_they_are_rejected_with_their_error_messages() {
    let service = start().await;
    let buyer = buyer(&service);
    let rejects = async |lines: &[(&str, i64)], status: u16, detail: &str| {
        let response = place(&buyer, lines).await;
        response.expect_detail(status, detail)
    };
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
    rejects(&[("chair", 1), ("nothing", 1)], 404, NO_PRODUCT).await;
    for name in [".*", "ch.ir", "cha", "{\"$ne\":\"\"}"] {
        rejects(&[(name, 1)], 404, NO_PRODUCT).await;
    }
    let problem = rejects(&[("chair", 2_147_483_647)], 404, NO_AMOUNT).await;
    assert_eq!(problem["type"], "/problems/insufficient-stock");
    rejects(&[("chair", 16), ("CHAIR", 15)], 404, NO_AMOUNT).await;
    let names: Vec<_> = (0..101).map(|index| format!("thing {index}")).collect();
    let lines: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    rejects(&lines, 400, BAD).await;
    // The limit is a hundred lines, after lines of the same product are merged.
    rejects(&lines[..100], 404, NO_PRODUCT).await;
    place(&buyer, &[("cutlery", 1); 150]).await.expect(201);
}

#[tokio::test]
async fn given_a_whole_number_when_written_in_another_way_then_it_is_the_same_quantity() {
    let service = start().await;
    let buyer = buyer(&service);
    let place = async |quantity: &str| {
        let body = format!(r#"{{"products":[{{"name":"cutlery","quantity":{quantity}}}]}}"#);
        let json = "application/json";
        buyer
            .send_bytes(Method::POST, "/api/orders", json, body)
            .await
    };
    for number in ["2", "2.0", "2e0", "0.2E+1", "200e-2"] {
        let placed = place(number).await.expect(201).json();
        assert_eq!(placed["products"][0]["quantity"], 2, "{number}");
    }
    for number in ["1.5", "1e30", "2.00000000000000000001", "15e-1"] {
        place(number)
            .await
            .expect_field_error("products[0].quantity");
    }
    for number in ["0.0", "-1e0", "9007199254740993.0"] {
        place(number).await.expect_detail(400, BAD);
    }
}

#[tokio::test]
async fn given_a_byte_order_mark_when_sent_before_the_order_then_it_is_skipped() {
    let service = start().await;
    let body = format!("\u{feff}{}", order(&[("chair", 1)]));
    let placed = buyer(&service)
        .send_bytes(Method::POST, "/api/orders", "application/json", body)
        .await;
    placed.expect(201);
}

#[tokio::test]
async fn given_a_content_encoding_when_an_order_is_sent_then_only_identity_is_accepted() {
    let service = start().await;
    let buyer = buyer(&service);
    for coding in ["gzip", "br", "deflate, identity", "x"] {
        let compressed = buyer.with_header("content-encoding", coding);
        let refused = place(&compressed, &[("chair", 1)]).await;
        refused.expect_problem(415);
        assert_eq!(refused.header("accept-encoding"), Some("identity"));
    }
    let identity = buyer.with_header("content-encoding", "Identity");
    place(&identity, &[("chair", 1)]).await.expect(201);
}

#[tokio::test]
async fn given_a_published_product_when_ordered_then_201_or_400_above_the_maximum_cost() {
    let service = start().await;
    let event = json!({ "type": "ProductCreate", "product": {
        "id": "aaaaaaaaaaaaaaaaaaaaaaaa", "name": "yacht", "price": 99_999_999.99,
        "quantity": 2_147_483_647, "version": 1,
    }});
    service.produce("products", &event).await;
    let buyer = buyer(&service);
    let response = eventually_status("the yacht can be ordered", 201, async || {
        place(&buyer, &[("yacht", 900_719)]).await
    })
    .await;
    // Checked as text, because a binary float would lose the cents.
    assert!(response.text().contains("90071899990992.81"), "{response}");
    let too_much = place(&buyer, &[("yacht", 2_147_483_647)]).await;
    too_much.expect_detail(400, BAD);
}
