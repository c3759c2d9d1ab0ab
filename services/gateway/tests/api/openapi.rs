//! The merged OpenAPI document and its page.

use crate::support::{gateway, unused_address};

#[tokio::test]
async fn given_no_reachable_service_when_the_documentation_is_requested_then_it_is_served() {
    let gateway = gateway(&[unused_address().await], &[]).await;
    let document = gateway.get("/api/openapi.json").await.expect(200);
    assert_eq!(document.header("content-type"), Some("application/json"));
    assert_eq!(document.string("openapi"), "3.1.0");

    let redirect = gateway.get("/api/docs").await;
    assert_eq!(redirect.header("location"), Some("/api/docs/"));
    let page = gateway.get("/api/docs/").await.expect(200);
    assert!(
        page.header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    assert!(page.text().contains("swagger-ui"));
    let script = gateway.get("/api/docs/swagger-initializer.js").await.text();
    assert!(script.contains("/api/openapi.json"), "{script}");

    let missing = gateway.get("/api/docs/nothing").await;
    missing.expect_detail(404, "Endpoint not found!");
}
