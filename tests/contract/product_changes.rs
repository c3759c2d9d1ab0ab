//! Changing a product, `PATCH /api/products`.

use serde_json::json;
use testkit::{Expectations, Shop};

const CHAIR: &str = "/api/products?name=chair";

#[tokio::test]
async fn given_a_key_when_a_restock_is_repeated_then_it_is_applied_once() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    let key = ("idempotency-key", "restock-1");
    let admin = shop.admin().await.with_header(key.0, key.1);
    let body = json!({ "add_quantity": 5 });
    let responses = futures::future::join_all((0..16).map(|_| admin.patch(CHAIR, &body))).await;
    for response in &responses {
        assert_eq!(response.status, 200, "{response}");
        assert_eq!(response.body, responses[0].body);
    }
    assert_eq!(shop.stock("chair").await, 35);
    let different = admin.patch(CHAIR, &json!({ "add_quantity": 6 })).await;
    different.expect_problem(422);
    let other_admin = shop.login("ccc@ccc.com").await.with_header(key.0, key.1);
    other_admin.patch(CHAIR, &body).await.expect(200);
    assert_eq!(shop.stock("chair").await, 40);
    let price = json!({ "price": 31.5 });
    shop.admin().await.patch(CHAIR, &price).await.expect(200);
    shop.check_invariants(&Expectations::default()).await;
}
