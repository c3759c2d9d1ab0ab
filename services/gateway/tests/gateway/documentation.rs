//! The merged document and its page.

use serde_json::Value;

use crate::support::{gateway, nobody};

#[tokio::test]
async fn given_no_service_at_all_when_the_documentation_is_asked_for_then_it_is_there() {
    let gateway = gateway(&[nobody().await], &[]).await;
    let document = gateway.get("/api/openapi.json").send().await.unwrap();
    assert_eq!(document.headers()["content-type"], "application/json");
    let document: Value = document.json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");

    let moved = gateway.get("/api/docs").send().await.unwrap();
    assert_eq!(moved.headers()["location"], "/api/docs/");
    let page = gateway.get("/api/docs/").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("swagger-ui"));
    let script = gateway
        .get("/api/docs/swagger-initializer.js")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(script.contains("/api/openapi.json"), "{script}");

    let nothing = gateway.get("/api/docs/nothing").send().await.unwrap();
    assert_eq!(nothing.status(), 404);
    let problem: Value = nothing.json().await.unwrap();
    assert_eq!(problem["detail"], "Endpoint not found!");
}
