//! One OpenAPI document, merged from the services' committed documents, and the page to browse it.
//! Both are available while a service is down.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::header;
use serde_json::{Map, Value, json};
use service_kit::problem::{self, Problem};
use utoipa_swagger_ui::Config;

use crate::routes::Route;

const DOCUMENT_PATH: &str = "/api/openapi.json";

const SERVICES: [(&str, &str); 3] = [
    (
        "authentication",
        include_str!("../../authentication/openapi.json"),
    ),
    ("products", include_str!("../../products/openapi.json")),
    ("orders", include_str!("../../orders/openapi.json")),
];

/// Error responses of the gateway itself. A call without a body cannot get `BODY_TIMEOUT`.
const GATEWAY_RESPONSES: [(&str, &str); 3] = [
    (BODY_TIMEOUT, "The body was not complete within the timeout"),
    ("429", "Too many requests; try again after Retry-After"),
    (
        "503",
        "A service or its database is unavailable; try again after Retry-After",
    ),
];
const BODY_TIMEOUT: &str = "408";

/// A service's committed document is not valid JSON.
#[derive(Debug, thiserror::Error)]
#[error("cannot parse the OpenAPI document of {service}")]
pub(crate) struct InvalidDocument {
    service: &'static str,
    source: serde_json::Error,
}

/// Returns a router of the document and its page.
pub(crate) fn router(routes: &[&Route]) -> Result<Router, InvalidDocument> {
    let text = Bytes::from(merge(routes)?.to_string());
    let document = get(async move || ([(header::CONTENT_TYPE, "application/json")], text));
    // The top bar, which the base layout omits, offers other documents and needs inline styles.
    let config = Arc::new(Config::new([DOCUMENT_PATH]).use_base_layout());
    let index = Arc::clone(&config);
    Ok(Router::new()
        .route(DOCUMENT_PATH, document)
        .route("/api/docs", get(async || Redirect::permanent("/api/docs/")))
        .route("/api/docs/", get(async move || page_file("", index)))
        .route(
            "/api/docs/{*file}",
            get(async move |Path(file): Path<String>| page_file(&file, config)),
        ))
}

fn page_file(path: &str, config: Arc<Config<'static>>) -> Result<Response, Problem> {
    match utoipa_swagger_ui::serve(path, config) {
        Ok(Some(file)) => {
            let headers = [(header::CONTENT_TYPE, file.content_type)];
            Ok((headers, file.bytes.into_owned()).into_response())
        }
        Ok(None) => Err(Problem::unknown_endpoint()),
        Err(error) => {
            tracing::error!(error, "cannot render the documentation page");
            Err(Problem::internal())
        }
    }
}

/// Merges the services' documents; only `routes` are included.
pub(crate) fn merge(routes: &[&Route]) -> Result<Value, InvalidDocument> {
    let mut merged = MergedDocument::default();
    for (service, text) in SERVICES {
        let document =
            serde_json::from_str(text).map_err(|source| InvalidDocument { service, source })?;
        merged.add(service, document, routes);
    }
    Ok(merged.into_document())
}

#[derive(Default)]
struct MergedDocument {
    paths: Map<String, Value>,
    components: Map<String, Value>,
    tags: Vec<Value>,
    operation_ids: Vec<String>,
}

impl MergedDocument {
    fn add(&mut self, service: &str, mut document: Value, routes: &[&Route]) {
        self.rename_clashing_components(service, &mut document);
        for (kind, components) in take_object(&mut document, "components") {
            let merged = self.components.entry(kind).or_insert_with(|| json!({}));
            if let (Value::Object(merged), Value::Object(components)) = (merged, components) {
                merged.extend(components);
            }
        }
        self.add_operations(service, &mut document, routes);
        if let Some(Value::Array(tags)) = document.get_mut("tags") {
            for tag in std::mem::take(tags) {
                if !self.tags.contains(&tag) {
                    self.tags.push(tag);
                }
            }
        }
    }

    fn add_operations(&mut self, service: &str, document: &mut Value, routes: &[&Route]) {
        let default_security = document.get("security").cloned();
        for (path, operations) in take_object(document, "paths") {
            let Value::Object(operations) = operations else {
                continue;
            };
            for (method, mut operation) in operations {
                if !routes.iter().any(|route| route.matches(&method, &path)) {
                    continue;
                }
                if let (Some(security), None) = (&default_security, operation.get("security")) {
                    operation["security"] = security.clone();
                }
                self.make_operation_id_unique(service, &mut operation);
                add_gateway_responses(&mut operation);
                self.paths.entry(path.clone()).or_insert_with(|| json!({}))[method] = operation;
            }
        }
    }

    /// Prefixes the name of a component with the service if another service's component has the
    /// same name and a different content.
    fn rename_clashing_components(&self, service: &str, document: &mut Value) {
        let mut clashes = Vec::new();
        for (kind, merged) in &self.components {
            for (name, component) in merged.as_object().into_iter().flatten() {
                let added = document["components"][kind].get(name);
                if added.is_some_and(|added| added != component) {
                    clashes.push((kind, name));
                }
            }
        }
        for (kind, name) in clashes {
            let renamed = format!("{}{name}", capitalized(service));
            if let Some(components) = document["components"][kind].as_object_mut()
                && let Some(component) = components.remove(name)
            {
                components.insert(renamed.clone(), component);
            }
            let from = format!("#/components/{kind}/{name}");
            let to = format!("#/components/{kind}/{renamed}");
            replace_references(document, &from, &to);
        }
    }

    /// Operation ids are unique in a document (OpenAPI 3.1, 4.8.10).
    fn make_operation_id_unique(&mut self, service: &str, operation: &mut Value) {
        let Some(id) = operation.get("operationId").and_then(Value::as_str) else {
            return;
        };
        let mut id = id.to_owned();
        if self.operation_ids.contains(&id) {
            id = format!("{service}_{id}");
            operation["operationId"] = id.clone().into();
        }
        self.operation_ids.push(id);
    }

    fn into_document(self) -> Value {
        let mut document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Fleetmarket",
                "description": "All calls of the gateway.",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "paths": self.paths,
            "components": self.components,
            "tags": self.tags,
        });
        // Without this the order would depend on serde_json's features in the build.
        document.sort_all_objects();
        document
    }
}

/// Adds the gateway's error responses that the service does not document itself.
fn add_gateway_responses(operation: &mut Value) {
    let has_body = operation.get("requestBody").is_some();
    for (status, description) in GATEWAY_RESPONSES {
        let applies = has_body || status != BODY_TIMEOUT;
        if applies && operation["responses"].get(status).is_none() {
            operation["responses"][status] = json!({
                "description": description,
                "content": { problem::MEDIA_TYPE: {
                    "schema": { "$ref": "#/components/schemas/Problem" },
                } },
            });
        }
    }
}

fn take_object(document: &mut Value, key: &str) -> Map<String, Value> {
    match document.get_mut(key).map(Value::take) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn replace_references(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace_references(item, from, to)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace_references(field, from, to)),
        _ => {}
    }
}

/// `word` is not empty and begins with an ASCII letter.
fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Access;
    use crate::routes;

    fn merged(chaos: bool) -> Value {
        merge(&routes::table(chaos)).unwrap()
    }

    fn operation<'a>(document: &'a Value, route: &Route) -> &'a Value {
        &document["paths"][route.path][route.method.as_str().to_lowercase()]
    }

    /// Whether the document requires a token for a call (OpenAPI 3.1, 4.8.30: an empty requirement
    /// makes the token optional).
    fn requires_token(operation: &Value) -> bool {
        operation["security"]
            .as_array()
            .is_some_and(|alternatives| {
                !alternatives.is_empty()
                    && alternatives.iter().all(|alternative| {
                        alternative
                            .as_object()
                            .is_some_and(|schemes| !schemes.is_empty())
                    })
            })
    }

    #[test]
    fn given_the_route_table_when_compared_with_the_document_then_each_call_is_documented_with_its_access()
     {
        let merged = merged(false);
        for route in routes::table(false) {
            let (method, path) = (&route.method, route.path);
            let operation = operation(&merged, route);
            assert!(
                operation["operationId"].is_string(),
                "{method} {path} is in no service's document"
            );
            let expected = matches!(route.access, Access::User | Access::Admin);
            assert_eq!(
                requires_token(operation),
                expected,
                "security of {method} {path}"
            );
        }
    }

    #[test]
    fn given_the_services_documents_when_compared_with_the_route_table_then_each_call_has_a_route()
    {
        for (service, text) in SERVICES {
            let document: Value = serde_json::from_str(text).unwrap();
            let paths = document["paths"].as_object().unwrap();
            // Other paths, such as the key set, are internal.
            for (path, operations) in paths.iter().filter(|(path, _)| path.starts_with("/api/")) {
                for method in operations.as_object().unwrap().keys() {
                    assert!(
                        routes::table(true)
                            .iter()
                            .any(|route| route.matches(method, path)),
                        "{method} {path} of {service} has no route"
                    );
                }
            }
        }
    }

    #[test]
    fn given_the_merged_document_when_generated_then_it_equals_the_committed_document() {
        let directory = env!("CARGO_MANIFEST_DIR");
        service_kit::openapi::check_committed(&merged(false), directory).unwrap();
    }

    #[test]
    fn given_the_merged_document_when_read_then_each_call_documents_the_gateways_responses() {
        let merged = merged(false);
        for route in routes::table(false) {
            let operation = operation(&merged, route);
            let mut statuses = vec!["429", "503"];
            if operation.get("requestBody").is_some() {
                statuses.extend(["408", "413", "415", "422"]);
            }
            for status in statuses {
                assert!(
                    operation["responses"][status].is_object(),
                    "{status} of {} {}",
                    route.method,
                    route.path
                );
            }
        }
    }

    #[test]
    fn given_the_merged_document_when_read_then_each_response_is_described_and_each_call_has_examples()
     {
        let merged = merged(false);
        for route in routes::table(false) {
            let operation = operation(&merged, route);
            let call = format!("{} {}", route.method, route.path);
            let has_examples = |body: &Value| {
                let contents = body["content"].as_object().into_iter().flatten();
                contents
                    .into_iter()
                    .all(|(_, content)| !content["example"].is_null())
            };
            assert!(has_examples(&operation["requestBody"]), "{call}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let description = response["description"].as_str().unwrap_or_default();
                assert!(!description.is_empty(), "{status} of {call}");
                let is_success = status.starts_with('2');
                assert!(!is_success || has_examples(response), "{status} of {call}");
            }
        }
    }

    #[test]
    fn given_the_merged_document_when_read_then_every_error_is_a_problem_document() {
        let merged = merged(false);
        let operations = merged["paths"].as_object().unwrap().values();
        for operation in operations.flat_map(|path| path.as_object().unwrap().values()) {
            let responses = operation["responses"].as_object().unwrap();
            let errors = responses
                .iter()
                .filter(|(status, _)| status.starts_with(['4', '5']));
            for (status, response) in errors {
                let media_types: Vec<&String> =
                    response["content"].as_object().unwrap().keys().collect();
                assert_eq!(
                    media_types,
                    ["application/problem+json"],
                    "{status} of {operation}"
                );
            }
        }
    }

    #[test]
    fn given_the_merged_document_when_read_then_every_reference_can_be_resolved() {
        fn check(value: &Value, document: &Value) {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let target = document.pointer(reference.trim_start_matches('#'));
                assert!(target.is_some(), "{reference}");
            }
            match value {
                Value::Array(items) => items.iter().for_each(|item| check(item, document)),
                Value::Object(fields) => fields.values().for_each(|field| check(field, document)),
                _ => {}
            }
        }
        let merged = merged(true);
        check(&merged, &merged);
    }

    #[test]
    fn given_two_services_with_one_name_for_two_components_when_merged_then_one_is_renamed() {
        let document = |path: &str, kind: &str| {
            json!({
                "paths": { path: { "get": {
                    "operationId": "list",
                    "responses": { "200": { "schema": { "$ref": "#/components/schemas/Line" } } },
                } } },
                "components": { "schemas": { "Line": { "type": kind }, "Same": { "type": "null" } } },
            })
        };
        let routes = routes::table(false);
        let mut merged = MergedDocument::default();
        merged.add("products", document("/api/products", "string"), &routes);
        merged.add("orders", document("/api/orders", "object"), &routes);
        let merged = merged.into_document();
        let schemas = merged["components"]["schemas"].as_object().unwrap();
        assert_eq!(schemas.len(), 3, "{schemas:?}");
        assert_eq!(schemas["OrdersLine"]["type"], "object");
        let orders = &merged["paths"]["/api/orders"]["get"];
        assert_eq!(
            orders["responses"]["200"]["schema"]["$ref"],
            "#/components/schemas/OrdersLine"
        );
        assert_eq!(orders["operationId"], "orders_list");
    }
}
