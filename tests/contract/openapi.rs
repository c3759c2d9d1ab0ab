//! The OpenAPI documents and their HTML page.

use serde_json::Value;
use testkit::{BACKENDS, Shop};

#[tokio::test]
async fn given_the_merged_openapi_document_when_read_then_it_contains_all_calls_of_the_contract() {
    let shop = Shop::start().await;
    let response = shop.anonymous().get("/api/openapi.json").await.expect(200);
    assert!(response.string("openapi").starts_with("3."), "{response}");
    let document = response.json();
    for (method, path) in [
        ("post", "/api/register"),
        ("post", "/api/login"),
        ("post", "/api/refresh"),
        ("post", "/api/logout"),
        ("get", "/api/me"),
        ("get", "/api/products"),
        ("post", "/api/products"),
        ("patch", "/api/products"),
        ("get", "/api/categories"),
        ("post", "/api/categories"),
        ("post", "/api/orders"),
        ("get", "/api/orders"),
        ("get", "/api/orders/{id}"),
        ("get", "/api/orders/events"),
    ] {
        let operation = &document["paths"][path][method];
        assert!(
            operation["operationId"].is_string(),
            "{method} {path}: {operation}"
        );
    }
    for schema in references(&document) {
        let pointer = schema.strip_prefix('#').expect("a local reference");
        assert!(
            document.pointer(pointer).is_some(),
            "{schema} does not exist"
        );
    }
}

#[tokio::test]
async fn given_a_services_openapi_document_when_requested_then_only_its_own_port_serves_it() {
    let shop = Shop::start().await;
    let path = "/api-docs/openapi.json";
    for service in BACKENDS {
        let document = shop.direct(service).get(path).await.expect(200).json();
        let paths = document["paths"].as_object();
        assert!(paths.is_some_and(|paths| !paths.is_empty()), "{service}");
    }
    shop.anonymous().get(path).await.expect_problem(404);
}

#[tokio::test]
async fn given_a_browser_when_it_requests_the_docs_then_it_gets_html() {
    let shop = Shop::start().await;
    let mut response = shop.anonymous().get("/api/docs").await;
    if let Some(location) = response.header("location").map(str::to_owned) {
        response = shop.anonymous().get(&location).await;
    }
    let response = response.expect(200);
    let content_type = response.header("content-type").unwrap_or_default();
    assert!(content_type.starts_with("text/html"), "{response}");
}

/// Every `$ref` in a document.
fn references(value: &Value) -> Vec<String> {
    let own = value.get("$ref").and_then(Value::as_str).map(str::to_owned);
    let children: Vec<&Value> = match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(array) => array.iter().collect(),
        _ => Vec::new(),
    };
    let nested = children.into_iter().flat_map(references);
    own.into_iter().chain(nested).collect()
}
