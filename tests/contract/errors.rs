//! The error responses of the contract.

use serde_json::{Value, json};
use testkit::{BACKENDS, Shop, order};

#[tokio::test]
async fn given_an_unknown_path_when_a_service_is_called_directly_then_404_endpoint_not_found() {
    let shop = Shop::start().await;
    for service in BACKENDS {
        let response = shop.direct(service).get("/api/nothing").await;
        response.expect_detail(404, "Endpoint not found!");
    }
}

#[tokio::test]
async fn given_an_oversized_body_when_sent_then_413_and_the_next_request_succeeds() {
    let shop = Shop::start().await;
    let login = async |body: &Value| shop.anonymous().post("/api/login", body).await;
    // Larger than the limit and smaller than the socket buffers, so writing it succeeds.
    let body = json!({ "email": "x".repeat(40_000), "password": "x" });
    for _ in 0..50 {
        login(&body).await.expect_problem(413);
        login(&json!({})).await.expect_problem(422);
    }
    let user = shop.user().await;
    let name = "x".repeat(3_000_000);
    let body = order(&[(&name, 1)]);
    for client in [user.at(&shop.url("orders")), user] {
        let response = client.post("/api/orders", &body).await;
        response.expect_problem(413);
    }
    login(&json!({ "email": name })).await.expect_problem(413);
}

#[tokio::test]
async fn given_an_unknown_product_when_read_changed_or_ordered_then_the_problem_type_is_the_same() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let path = "/api/products?name=nothing";
    let responses = [
        admin.get(path).await,
        admin.patch(path, &json!({ "add_quantity": 1 })).await,
        admin.post("/api/orders", &order(&[("nothing", 1)])).await,
    ];
    for response in responses {
        let problem = response.expect_detail(404, "The requested product does not exist.");
        assert_eq!(problem["type"], "/problems/unknown-product", "{response}");
    }
}
