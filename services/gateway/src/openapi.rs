//! One OpenAPI document made of the services' committed ones, so that it is there even while a
//! service is not, and the page to browse it.

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

use crate::routes::Row;

const DOCUMENT: &str = "/api/openapi.json";

const SERVICES: [(&str, &str); 3] = [
    (
        "authentication",
        include_str!("../../authentication/openapi.json"),
    ),
    ("products", include_str!("../../products/openapi.json")),
    ("orders", include_str!("../../orders/openapi.json")),
];

/// What the gateway itself may answer; the first only to calls with a body.
const OWN_ANSWERS: [(&str, &str); 3] = [
    (BODY_TOO_SLOW, "The body did not arrive in time"),
    ("429", "Too many requests; come back after Retry-After"),
    (
        "503",
        "Something that is needed is away; come back after Retry-After",
    ),
];
const BODY_TOO_SLOW: &str = "408";

/// A service's committed document is not one.
#[derive(Debug, thiserror::Error)]
#[error("the OpenAPI document of {service} cannot be read")]
pub struct InvalidDocument {
    service: &'static str,
    source: serde_json::Error,
}

/// The document and its page.
pub fn router(rows: &[&Row]) -> Result<Router, InvalidDocument> {
    let text = Bytes::from(merged(rows)?.to_string());
    let document = get(async move || ([(header::CONTENT_TYPE, "application/json")], text));
    // Without the bar on top, which offers other documents and needs inline styles.
    let config = Arc::new(Config::new([DOCUMENT]).use_base_layout());
    let index = Arc::clone(&config);
    Ok(Router::new()
        .route(DOCUMENT, document)
        .route("/api/docs", get(async || Redirect::permanent("/api/docs/")))
        .route("/api/docs/", get(async move || page_file("", index)))
        .route(
            "/api/docs/{*file}",
            get(async move |Path(file): Path<String>| page_file(&file, config)),
        ))
}

fn page_file(path: &str, config: Arc<Config<'static>>) -> Result<Response, Problem> {
    match utoipa_swagger_ui::serve(path, config) {
        Ok(Some(file)) => Ok((
            [(header::CONTENT_TYPE, file.content_type)],
            file.bytes.into_owned(),
        )
            .into_response()),
        Ok(None) => Err(Problem::unknown_endpoint()),
        Err(error) => {
            tracing::error!(error, "the page of the documentation cannot be made");
            Err(Problem::internal())
        }
    }
}

/// What the services' documents say of `rows`, in one document.
pub fn merged(rows: &[&Row]) -> Result<Value, InvalidDocument> {
    let mut merged = Merged::default();
    for (service, text) in SERVICES {
        let document =
            serde_json::from_str(text).map_err(|source| InvalidDocument { service, source })?;
        merged.add(service, document, rows);
    }
    Ok(merged.into_document())
}

#[derive(Default)]
struct Merged {
    paths: Map<String, Value>,
    components: Map<String, Value>,
    tags: Vec<Value>,
    operation_ids: Vec<String>,
}

impl Merged {
    fn add(&mut self, service: &str, document: Value, rows: &[&Row]) {
        let mut document = self.without_name_clashes(service, document);
        for (kind, components) in take_object(&mut document, "components") {
            let Value::Object(components) = components else {
                continue;
            };
            let slot = self.components.entry(kind).or_insert_with(|| json!({}));
            if let Value::Object(slot) = slot {
                slot.extend(components);
            }
        }
        let everywhere = document.get("security").cloned();
        for (path, operations) in take_object(&mut document, "paths") {
            let Value::Object(operations) = operations else {
                continue;
            };
            for (method, mut operation) in operations {
                if !rows.iter().any(|row| row.is(&method, &path)) {
                    continue;
                }
                if let (Some(security), None) = (&everywhere, operation.get("security")) {
                    operation["security"] = security.clone();
                }
                self.name_operation(service, &mut operation);
                add_own_answers(&mut operation);
                self.paths.entry(path.clone()).or_insert_with(|| json!({}))[method] = operation;
            }
        }
        if let Some(Value::Array(tags)) = document.get_mut("tags") {
            for tag in std::mem::take(tags) {
                if !self.tags.contains(&tag) {
                    self.tags.push(tag);
                }
            }
        }
    }

    /// Two services may mean different things by one name; the later one's then gets a prefix.
    fn without_name_clashes(&self, service: &str, mut document: Value) -> Value {
        let mut clashes = Vec::new();
        for (kind, ours) in &self.components {
            for (name, ours) in ours.as_object().into_iter().flatten() {
                let theirs = document["components"][kind].get(name);
                if theirs.is_some_and(|theirs| theirs != ours) {
                    clashes.push((kind.clone(), name.clone()));
                }
            }
        }
        for (kind, name) in clashes {
            let renamed = format!("{}{name}", capitalised(service));
            if let Some(components) = document["components"][&kind].as_object_mut()
                && let Some(component) = components.remove(&name)
            {
                components.insert(renamed.clone(), component);
            }
            let (from, to) = (
                format!("#/components/{kind}/{name}"),
                format!("#/components/{kind}/{renamed}"),
            );
            point_elsewhere(&mut document, &from, &to);
        }
        document
    }

    /// Ids of operations are unique in a document (OpenAPI 3.1, 4.8.10).
    fn name_operation(&mut self, service: &str, operation: &mut Value) {
        let Some(id) = operation
            .get("operationId")
            .and_then(Value::as_str)
            .map(str::to_owned)
        else {
            return;
        };
        let id = if self.operation_ids.contains(&id) {
            format!("{service}_{id}")
        } else {
            id
        };
        operation["operationId"] = id.clone().into();
        self.operation_ids.push(id);
    }

    fn into_document(self) -> Value {
        let mut document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Fleetmarket",
                "description": "Everything that can be called through the gateway.",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "paths": self.paths,
            "components": self.components,
            "tags": self.tags,
        });
        // Whether it is sorted anyway depends on what else is built with the gateway.
        document.sort_all_objects();
        document
    }
}

/// Adds what the gateway may answer where the service does not say that it may answer so, too.
fn add_own_answers(operation: &mut Value) {
    let takes_body = operation.get("requestBody").is_some();
    for (status, description) in OWN_ANSWERS {
        let applies = takes_body || status != BODY_TOO_SLOW;
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

fn point_elsewhere(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| point_elsewhere(item, from, to)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| point_elsewhere(field, from, to)),
        _ => {}
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Access;
    use crate::routes;

    fn rows(chaos: bool) -> Vec<&'static Row> {
        routes::rows(chaos).collect()
    }

    /// Whether a document says that a call needs a token (OpenAPI 3.1, 4.8.30: an empty
    /// requirement makes it optional).
    fn needs_token(operation: &Value) -> bool {
        operation["security"].as_array().is_some_and(|all| {
            !all.is_empty()
                && all
                    .iter()
                    .all(|one| one.as_object().is_some_and(|one| !one.is_empty()))
        })
    }

    #[test]
    fn given_the_table_when_compared_with_the_document_then_each_call_is_there_with_its_access() {
        let merged = merged(&rows(false)).unwrap();
        for row in routes::rows(false) {
            let operation = &merged["paths"][row.path][row.method.as_str().to_lowercase()];
            assert!(
                operation.is_object(),
                "{} {} is in no service's document",
                row.method,
                row.path
            );
            let expected = matches!(row.access, Access::User | Access::Admin);
            assert_eq!(
                needs_token(operation),
                expected,
                "security of {} {}",
                row.method,
                row.path
            );
        }
    }

    #[test]
    fn given_the_services_documents_when_compared_with_the_table_then_no_call_is_missing_there() {
        for (service, text) in SERVICES {
            let document: Value = serde_json::from_str(text).unwrap();
            let paths = document["paths"].as_object().unwrap();
            // What is elsewhere, such as the key set, is not for the outside.
            for (path, operations) in paths.iter().filter(|(path, _)| path.starts_with("/api/")) {
                for method in operations.as_object().unwrap().keys() {
                    assert!(
                        routes::rows(true).any(|row| row.is(method, path)),
                        "{method} {path} of {service} has no row"
                    );
                }
            }
        }
    }

    #[test]
    fn given_the_merged_document_when_made_then_the_committed_one_is_the_same() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let merged = merged(&rows(false)).expect("valid documents");
        let document = serde_json::to_string_pretty(&merged).expect("serialises") + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(path, &document).expect("writes");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == document,
            "openapi.json is stale: UPDATE_OPENAPI=1 cargo test -p gateway"
        );
    }

    #[test]
    fn given_the_merged_document_when_read_then_each_call_says_what_the_gateway_may_answer() {
        let merged = merged(&rows(false)).unwrap();
        for row in routes::rows(false) {
            let operation = &merged["paths"][row.path][row.method.as_str().to_lowercase()];
            let mut statuses = vec!["429", "503"];
            if operation.get("requestBody").is_some() {
                statuses.extend(["408", "413"]);
            }
            for status in statuses {
                assert!(
                    operation["responses"][status].is_object(),
                    "{status} of {} {}",
                    row.method,
                    row.path
                );
            }
        }
    }

    #[test]
    fn given_the_merged_document_when_read_then_every_error_is_a_problem_document() {
        let merged = merged(&rows(false)).unwrap();
        let operations = merged["paths"].as_object().unwrap().values();
        for operation in operations.flat_map(|path| path.as_object().unwrap().values()) {
            let responses = operation["responses"].as_object().unwrap();
            let errors = responses
                .iter()
                .filter(|(status, _)| status.starts_with(['4', '5']));
            for (status, response) in errors {
                let kinds: Vec<&String> = response["content"].as_object().unwrap().keys().collect();
                assert_eq!(
                    kinds,
                    ["application/problem+json"],
                    "{status} of {operation}"
                );
            }
        }
    }

    #[test]
    fn given_the_merged_document_when_read_then_every_reference_leads_somewhere() {
        fn check(value: &Value, document: &Value) {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                assert!(
                    document
                        .pointer(reference.trim_start_matches('#'))
                        .is_some(),
                    "{reference}"
                );
            }
            match value {
                Value::Array(items) => items.iter().for_each(|item| check(item, document)),
                Value::Object(fields) => fields.values().for_each(|field| check(field, document)),
                _ => {}
            }
        }
        let merged = merged(&rows(true)).unwrap();
        check(&merged, &merged);
    }

    #[test]
    fn given_two_services_with_one_name_for_two_things_when_merged_then_both_are_kept_apart() {
        let document = |path: &str, kind: &str| {
            json!({
                "paths": { path: { "get": {
                    "operationId": "list",
                    "responses": { "200": { "schema": { "$ref": "#/components/schemas/Line" } } },
                } } },
                "components": { "schemas": { "Line": { "type": kind }, "Same": { "type": "null" } } },
            })
        };
        let mut merged = Merged::default();
        merged.add(
            "products",
            document("/api/products", "string"),
            &rows(false),
        );
        merged.add("orders", document("/api/orders", "object"), &rows(false));
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
