//! The OpenAPI documents and the page that shows them.

use serde_json::{Value, json};
use testkit::Shop;

#[tokio::test]
async fn given_a_running_shop_when_asked_for_its_document_then_every_call_of_the_contract_is_in_it()
{
    let shop = Shop::start().await;
    let document = shop
        .visitor()
        .get("/api/openapi.json")
        .await
        .expect(200)
        .json();
    assert!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.")),
        "{document}"
    );
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
        let pointer = schema.strip_prefix('#').expect("within the document");
        assert!(
            document.pointer(pointer).is_some(),
            "{schema} leads nowhere"
        );
    }
}

#[tokio::test]
async fn given_each_service_when_asked_for_its_document_then_it_answers_on_its_port_and_not_through_the_gateway()
 {
    let shop = Shop::start().await;
    for service in ["authentication", "products", "orders"] {
        let document = shop
            .direct(service)
            .get("/api-docs/openapi.json")
            .await
            .expect(200)
            .json();
        assert!(
            document["paths"]
                .as_object()
                .is_some_and(|paths| !paths.is_empty()),
            "{service}"
        );
    }
    shop.visitor()
        .get("/api-docs/openapi.json")
        .await
        .problem(404);
}

#[tokio::test]
async fn given_a_browser_when_it_asks_for_the_docs_then_it_gets_a_page() {
    let shop = Shop::start().await;
    let mut answer = shop.visitor().get("/api/docs").await;
    if let Some(place) = answer.header("location").map(str::to_owned) {
        answer = shop.visitor().get(&place).await;
    }
    let answer = answer.expect(200);
    assert!(
        answer
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html")),
        "{answer}"
    );
}

/// Every `$ref` in a document.
fn references(value: &Value) -> Vec<String> {
    let own = value.get("$ref").and_then(Value::as_str).map(str::to_owned);
    let within: Vec<&Value> = match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(array) => array.iter().collect(),
        _ => Vec::new(),
    };
    own.into_iter()
        .chain(within.into_iter().flat_map(references))
        .filter(|name| json!(name) != json!(""))
        .collect()
}
