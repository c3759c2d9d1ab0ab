//! Invalid, oversized and wrongly typed bodies.

use serde_json::{Value, json};
use testkit::{Method, Shop};

use super::{calls, send};

#[tokio::test]
async fn given_bodies_that_are_not_json_objects_when_sent_then_422() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let deep = |open: &str, close: &str| {
        format!("{}{}", open.repeat(10_000), close.repeat(10_000)).into_bytes()
    };
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"7".to_vec(),
        b"\"text\"".to_vec(),
        b"{\"a\":1} {}".to_vec(),
        b"{'a': 1}".to_vec(),
        b"NaN".to_vec(),
        b"\xff\xfe".to_vec(),
        b"{\"email\":\"\xc3\x28\"}".to_vec(),
        b"{\"name\":\"\\ud800\"}".to_vec(),
        b"a=1&b=2".to_vec(),
        deep("[", "]"),
        deep("{\"a\":", "}"),
    ];
    for (method, path, valid) in calls() {
        let valid = valid.to_string();
        // Valid except for an unknown field.
        let with_deep_field = [
            valid.strip_suffix('}').expect("an object").as_bytes(),
            b",\"z\":".as_slice(),
            &[b'['; 4_000],
            &[b']'; 4_000],
            b"}",
        ]
        .concat();
        for body in bodies.iter().chain([&with_deep_field]) {
            let response = send(&admin, &method, path, body.clone()).await;
            // An object without a known field changes nothing.
            if method == Method::PATCH && body.starts_with(b"{\"name\"") && response.status == 400 {
                continue;
            }
            // Some limits are below the size of the deep bodies.
            let expected = if body.len() > 10_000 && response.status == 413 {
                413
            } else {
                422
            };
            assert_eq!(
                response.status,
                expected,
                "{}: {response}",
                String::from_utf8_lossy(&body[..body.len().min(80)])
            );
            response.expect_problem(expected);
        }
        let compressed = admin.with_header("content-encoding", "gzip");
        let response = send(&compressed, &method, path, valid.clone()).await;
        response.expect_problem(415);
        let text = admin
            .send_bytes(method, path, "text/plain", b"{}".to_vec())
            .await;
        assert!(matches!(text.status, 415 | 422), "{text}");
        text.expect_problem(text.status);
    }
}

#[tokio::test]
async fn given_a_body_when_it_exceeds_the_limit_by_a_byte_then_413_at_every_service() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for (method, path, valid) in calls() {
        let is_session = matches!(
            path,
            "/api/register" | "/api/login" | "/api/refresh" | "/api/logout"
        );
        let service = match path {
            _ if is_session => "authentication",
            "/api/orders" => "orders",
            _ => "products",
        };
        for name in ["gateway", service] {
            // Only the gateway has a smaller limit for account calls.
            let kibibytes = if is_session && name == "gateway" {
                16
            } else {
                64
            };
            let limit = kibibytes * 1024;
            let client = admin.at(&shop.url(name));
            let padded = |size: usize| {
                let mut body = valid.to_string().into_bytes();
                body.resize(size, b' ');
                body
            };
            let fits = send(&client, &method, path, padded(limit)).await;
            assert_ne!(fits.status, 413, "{name}: {fits}");
            assert_ne!(fits.status, 422, "{name}: {fits}");
            let too_large = send(&client, &method, path, padded(limit + 1)).await;
            assert_eq!(too_large.status, 413, "{name}: {too_large}");
            too_large.expect_problem(413);
        }
    }
}

#[tokio::test]
async fn given_fields_of_wrong_types_when_sent_then_422_names_the_field() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for (method, path, valid) in calls() {
        for pointer in pointers(&valid) {
            let field = valid.pointer(&pointer).expect("the pointer is valid");
            for wrong in wrong_types(field) {
                let mut body = valid.clone();
                *body.pointer_mut(&pointer).expect("the pointer is valid") = wrong.clone();
                let response = send(&admin, &method, path, body.to_string()).await;
                assert_eq!(response.status, 422, "{pointer} = {wrong}: {response}");
                let document = response.expect_problem(422);
                let named = document["errors"][0]["field"].as_str().unwrap_or_default();
                let member = pointer.split('/').nth(1).expect("a member");
                assert!(named.starts_with(member), "{pointer} = {wrong}: {response}");
            }
            let body = remove(&valid, &pointer);
            let response = send(&admin, &method, path, body.to_string()).await;
            let is_optional = method == Method::PATCH || pointer.ends_with("/0");
            assert!(
                is_optional || response.status == 422,
                "without {pointer}: {response}"
            );
            if response.status >= 400 {
                response.expect_problem(response.status);
            }
        }
    }
}

/// The JSON pointers of all nested values.
fn pointers(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object
            .iter()
            .map(|(name, child)| (name.clone(), child))
            .collect(),
        Value::Array(array) => array
            .iter()
            .enumerate()
            .map(|(index, child)| (index.to_string(), child))
            .collect(),
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for (name, child) in children {
        all.push(format!("/{name}"));
        all.extend(
            pointers(child)
                .iter()
                .map(|nested| format!("/{name}{nested}")),
        );
    }
    all
}

/// Values of every JSON type except that of `valid`.
fn wrong_types(valid: &Value) -> Vec<Value> {
    let all = [
        json!(true),
        json!(7),
        json!("x"),
        json!([{ "$gt": 0 }]),
        json!({ "$ne": "" }),
    ];
    let same = |value: &Value| std::mem::discriminant(value) == std::mem::discriminant(valid);
    all.into_iter().filter(|value| !same(value)).collect()
}

fn remove(value: &Value, pointer: &str) -> Value {
    let mut value = value.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match value.pointer_mut(parent).expect("the pointer is valid") {
        Value::Object(object) => drop(object.remove(name)),
        Value::Array(array) => drop(array.remove(name.parse().expect("an index"))),
        _ => unreachable!("only objects and arrays have children"),
    }
    value
}
