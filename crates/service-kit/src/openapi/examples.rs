//! Examples of bodies, composed of the examples of their fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{Content, Object, OpenApi, RefOr, Schema};

use super::operations;

/// The schemas of a document by name.
type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Adds an example to each body that has none, if all its required fields have one.
pub(super) fn add(document: &mut OpenApi) {
    let components = document.components.as_ref();
    let schemas = components.map_or_else(Schemas::new, |components| components.schemas.clone());
    for content in operations(document).flat_map(bodies) {
        let schema = content.schema.as_ref();
        let example = content.example.take();
        content.example = example.or_else(|| of_schema(schema?, &schemas));
        // Otherwise the order would depend on serde_json's features in the build.
        if let Some(example) = &mut content.example {
            example.sort_all_objects();
        }
    }
}

/// The bodies of the request and of all responses.
fn bodies(operation: &mut Operation) -> impl Iterator<Item = &mut Content> {
    let request = operation.request_body.as_mut().and_then(inline);
    let request = request
        .into_iter()
        .flat_map(|body| body.content.values_mut());
    let responses = operation.responses.responses.values_mut();
    let responses = responses
        .filter_map(inline)
        .flat_map(|response| response.content.values_mut());
    request.chain(responses).filter_map(inline)
}

fn inline<T>(item: &mut RefOr<T>) -> Option<&mut T> {
    match item {
        RefOr::T(item) => Some(item),
        RefOr::Ref(_) => None,
    }
}

fn of_schema(schema: &RefOr<Schema>, schemas: &Schemas) -> Option<Value> {
    match schema {
        RefOr::Ref(reference) => {
            let (_, name) = reference.ref_location.rsplit_once('/')?;
            of_schema(schemas.get(name)?, schemas)
        }
        RefOr::T(Schema::OneOf(choice)) => {
            choice.items.iter().find_map(|it| of_schema(it, schemas))
        }
        RefOr::T(Schema::Array(array)) => match &array.items {
            _ if array.example.is_some() => array.example.clone(),
            ArrayItems::RefOrSchema(items) => Some(Value::Array(vec![of_schema(items, schemas)?])),
            ArrayItems::False => None,
        },
        RefOr::T(Schema::Object(object)) => of_object(object, schemas),
        RefOr::T(_) => None,
    }
}

/// The example of an object: its own, or those of its required fields and of the optional ones that
/// have their own.
fn of_object(object: &Object, schemas: &Schemas) -> Option<Value> {
    if object.example.is_some() {
        return object.example.clone();
    }
    if let Some(values) = &object.enum_values {
        return values.first().cloned();
    }
    let mut fields = Map::new();
    for (name, field) in &object.properties {
        let is_required = object.required.contains(name);
        if is_required || has_own_example(field) {
            fields.insert(name.clone(), of_schema(field, schemas)?);
        }
    }
    (!fields.is_empty()).then_some(Value::Object(fields))
}

fn has_own_example(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => object.example.is_some(),
        RefOr::T(Schema::Array(array)) => array.example.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example of a request body with this schema.
    fn example_of(schema: &Value) -> Value {
        let body = json!({ "content": { "application/json": { "schema": schema } } });
        let line = json!({ "type": "object", "required": ["name", "status"], "properties": {
            "name": { "type": "string", "example": "chair" },
            "status": { "type": "string", "enum": ["PENDING", "ACCEPTED"] },
        }});
        let document = json!({
            "openapi": "3.1.0", "info": { "title": "Test", "version": "1" },
            "paths": { "/": { "post": { "requestBody": body, "responses": {} } } },
            "components": { "schemas": { "Line": line } },
        });
        let mut document: OpenApi = serde_json::from_value(document).expect("a document");
        add(&mut document);
        let mut contents = operations(&mut document).flat_map(bodies);
        let content = contents.next().expect("a body");
        content.example.take().unwrap_or_default()
    }

    #[test]
    fn given_a_schema_when_an_example_is_added_then_it_consists_of_the_examples_of_its_fields() {
        let line = json!({ "$ref": "#/components/schemas/Line" });
        let order = |optional: &Value| {
            json!({ "type": "object", "required": ["lines"], "properties": {
                "lines": { "type": "array", "items": line },
                "note": optional,
            }})
        };
        let chair = json!({ "name": "chair", "status": "PENDING" });
        assert_eq!(example_of(&line), chair);
        assert_eq!(
            example_of(&json!({ "oneOf": [{ "type": "null" }, line] })),
            chair
        );
        let note = json!({ "type": "string", "example": "a note" });
        assert_eq!(
            example_of(&order(&note)),
            json!({ "lines": [chair], "note": "a note" })
        );
        let without_example = json!({ "type": "string" });
        assert_eq!(
            example_of(&order(&without_example)),
            json!({ "lines": [chair] })
        );
        let required =
            json!({ "type": "object", "required": ["a"], "properties": { "a": without_example } });
        assert_eq!(example_of(&required), Value::Null);
    }
}
