//! Bodies of the wrong shape.

use serde_json::{Value, json};
use testkit::Shop;

use super::{calls, send};

#[tokio::test]
async fn given_bodies_that_are_no_json_objects_when_sent_then_422() {
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
    for (method, path, good) in calls() {
        let good = good.to_string();
        // All is well with it but a field that nobody asked for.
        let otherwise_good = [
            good.strip_suffix('}').expect("an object").as_bytes(),
            b",\"z\":".as_slice(),
            &[b'['; 4_000],
            &[b']'; 4_000],
            b"}",
        ]
        .concat();
        for body in bodies.iter().chain([&otherwise_good]) {
            let answer = send(&admin, (method, path), body.clone()).await;
            // An object with nothing known in it is nothing to change.
            if method == "PATCH" && body.starts_with(b"{\"name\"") && answer.status == 400 {
                continue;
            }
            // The deep ones are also beyond what some calls take at all.
            let expected = if body.len() > 10_000 && answer.status == 413 {
                413
            } else {
                422
            };
            assert_eq!(
                answer.status,
                expected,
                "{}: {answer}",
                String::from_utf8_lossy(&body[..body.len().min(80)])
            );
            answer.problem(expected);
        }
        let form = admin
            .send_bytes(
                method.parse().expect("a method"),
                path,
                "text/plain",
                b"{}".to_vec(),
            )
            .await;
        assert!(matches!(form.status, 415 | 422), "{form}");
        form.problem(form.status);
    }
}

#[tokio::test]
async fn given_a_body_when_it_is_a_byte_larger_than_the_call_takes_then_413_anywhere() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for (method, path, good) in calls() {
        let is_session = matches!(
            path,
            "/api/register" | "/api/login" | "/api/refresh" | "/api/logout"
        );
        let service = match path {
            _ if is_session => "authentication",
            "/api/orders" => "orders",
            _ => "products",
        };
        for at in ["gateway", service] {
            // What is for an account is smaller than an order; only the gateway faces clients.
            let kibibytes = if is_session && at == "gateway" {
                16
            } else {
                64
            };
            let limit = kibibytes * 1024;
            let client = admin.at(&shop.url(at));
            let padded = |size: usize| {
                let mut body = good.to_string().into_bytes();
                body.resize(size, b' ');
                body
            };
            let fits = send(&client, (method, path), padded(limit)).await;
            assert_ne!(fits.status, 413, "{at}: {fits}");
            assert_ne!(fits.status, 422, "{at}: {fits}");
            let is_larger = send(&client, (method, path), padded(limit + 1)).await;
            assert_eq!(is_larger.status, 413, "{at}: {is_larger}");
            is_larger.problem(413);
        }
    }
}

#[tokio::test]
async fn given_fields_of_wrong_types_when_sent_then_422_names_the_field() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for (method, path, good) in calls() {
        for pointer in pointers(&good) {
            let right = good.pointer(&pointer).expect("it is there");
            for wrong in wrong_types(right) {
                let mut body = good.clone();
                *body.pointer_mut(&pointer).expect("it is there") = wrong.clone();
                let answer = send(&admin, (method, path), body.to_string().into_bytes()).await;
                assert_eq!(answer.status, 422, "{pointer} = {wrong}: {answer}");
                let document = answer.problem(422);
                let named = document["errors"][0]["field"]
                    .as_str()
                    .expect("a field")
                    .to_owned();
                let field = pointer
                    .trim_start_matches('/')
                    .split('/')
                    .next()
                    .expect("a field")
                    .to_owned();
                assert!(named.starts_with(&field), "{pointer} = {wrong}: {answer}");
            }
            let body = without(&good, &pointer);
            let answer = send(&admin, (method, path), body.to_string().into_bytes()).await;
            let is_optional = method == "PATCH" || pointer.ends_with("/0");
            assert!(
                is_optional || answer.status == 422,
                "without {pointer}: {answer}"
            );
            if answer.status >= 400 {
                answer.problem(answer.status);
            }
        }
    }
}

/// JSON pointers of everything in a value but itself.
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
    let deeper = |(name, child): &(String, &Value)| {
        let below = pointers(child)
            .into_iter()
            .map(|pointer| format!("/{name}{pointer}"))
            .collect::<Vec<_>>();
        std::iter::once(format!("/{name}"))
            .chain(below)
            .collect::<Vec<_>>()
    };
    children.iter().flat_map(deeper).collect()
}

/// Values of every type but the right one.
fn wrong_types(right: &Value) -> Vec<Value> {
    let all = [
        json!(true),
        json!(7),
        json!("x"),
        json!([{ "$gt": 0 }]),
        json!({ "$ne": "" }),
    ];
    let same = |value: &Value| std::mem::discriminant(value) == std::mem::discriminant(right);
    all.into_iter().filter(|value| !same(value)).collect()
}

fn without(value: &Value, pointer: &str) -> Value {
    let mut value = value.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match value.pointer_mut(parent).expect("it is there") {
        Value::Object(object) => drop(object.remove(name)),
        Value::Array(array) => drop(array.remove(name.parse().expect("an index"))),
        _ => unreachable!("only objects and arrays have children"),
    }
    value
}
