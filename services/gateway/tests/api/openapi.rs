//! The merged OpenAPI document and its page.

use serde_json::Value;

use crate::support::{gateway, unused_address};

#[tokio::test]
async fn given_no_reachable_service_when_the_documentation_is_requested_then_it_is_served() {
    let gateway = gateway(&[unused_address().await], &[]).await;
    let document = gateway.get("/api/openapi.json").send().await.unwrap();
    assert_eq!(document.headers()["content-type"], "application/json");
    let document: Value = document.json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");

    let redirect = gateway.get("/api/docs").send().await.unwrap();
    assert_eq!(redirect.headers()["location"], "/api/docs/");
    let page = gateway.get("/api/docs/").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("swagger-ui"));
    let script = gateway.get("/api/docs/swagger-initializer.js").send().await;
    let script = script.unwrap().text().await.unwrap();
    assert!(script.contains("/api/openapi.json"), "{script}");

    let missing = gateway.get("/api/docs/nothing").send().await.unwrap();
    assert_eq!(missing.status(), 404);
    let problem: Value = missing.json().await.unwrap();
    assert_eq!(problem["detail"], "Endpoint not found!");
}
