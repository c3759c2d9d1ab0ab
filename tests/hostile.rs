//! Bad input of every kind: always a problem document of the contract's status, which says nothing
//! of the inside; never a 5xx.

use serde_json::{Value, json};
use testkit::{Client, Shop};

/// The calls that take a body, and one that would do.
fn calls() -> [(&'static str, &'static str, Value); 8] {
    let account = json!({ "email": "new@test.example", "password": "a long sentence" });
    let product = json!({ "product": { "name": "x", "description": "x", "price": 1.5, "quantity": 1, "categories": ["kitchen"] } });
    let session = json!({ "refresh_token": "x" });
    [
        ("POST", "/api/register", account.clone()),
        ("POST", "/api/login", account),
        ("POST", "/api/refresh", session.clone()),
        ("POST", "/api/logout", session),
        ("POST", "/api/products", product),
        (
            "PATCH",
            "/api/products?name=chair",
            json!({ "description": "x", "price": 1.5, "categories": ["kitchen"], "add_quantity": 1 }),
        ),
        ("POST", "/api/categories", json!({ "name": "x" })),
        (
            "POST",
            "/api/orders",
            json!({ "products": [{ "name": "chair", "quantity": 1 }] }),
        ),
    ]
}

async fn send(client: &Client, call: (&str, &str), body: Vec<u8>) -> testkit::Answer {
    client
        .send_bytes(
            call.0.parse().expect("a method"),
            call.1,
            "application/json",
            body,
        )
        .await
}

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
    for (method, path, _) in calls() {
        for body in &bodies {
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

#[tokio::test]
async fn given_numbers_of_every_kind_when_sent_then_never_a_5xx() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let numbers = [
        "-0",
        "0.1",
        "1.0",
        "1.5",
        "1e2",
        "1e30",
        "-1e30",
        "1e400",
        "1e-400",
        "0.001",
        "2147483648",
        "-2147483649",
        "9223372036854775808",
        "18446744073709551616",
        "123456789012345678901234567890",
        "0.30000000000000004",
        "NaN",
        "Infinity",
        "-Infinity",
        "01",
        "+1",
        "0x10",
        ".5",
        "5.",
    ];
    let check = async |method: &str, path: &str, template: &str| {
        for number in numbers {
            let body = template.replace('#', number);
            let answer = send(&admin, (method, path), body.clone().into_bytes()).await;
            assert!(answer.status < 500, "{body}: {answer}");
            if answer.status >= 400 {
                assert!(matches!(answer.status, 400 | 404 | 422), "{body}: {answer}");
                answer.problem(answer.status);
            }
        }
    };
    check(
        "POST",
        "/api/orders",
        r#"{"products":[{"name":"chair","quantity":#}]}"#,
    )
    .await;
    check("PATCH", "/api/products?name=chair", r#"{"add_quantity":#}"#).await;
    check("PATCH", "/api/products?name=chair", r#"{"price":#}"#).await;
    check("POST", "/api/products", r#"{"product":{"name":"n","description":"d","price":#,"quantity":1,"categories":["kitchen"]}}"#).await;
    check("POST", "/api/products", r#"{"product":{"name":"m","description":"d","price":1,"quantity":#,"categories":["kitchen"]}}"#).await;
}

#[tokio::test]
async fn given_integers_that_are_none_when_sent_then_422() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for number in ["1.5", "1e30", "1e400", "\"1\"", "true", "null"] {
        let body = format!(r#"{{"products":[{{"name":"chair","quantity":{number}}}]}}"#);
        let answer = send(&admin, ("POST", "/api/orders"), body.into_bytes()).await;
        answer.problem(422);
    }
}

#[tokio::test]
async fn given_texts_of_every_kind_when_asked_for_then_never_a_5xx() {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let texts = [
        "",
        "%00",
        "%0A",
        "%FF",
        "%C3%28",
        "%",
        "%zz",
        ".*",
        "%5B",
        "(((((",
        "%24where",
        "%7B%22%24ne%22%3A%22%22%7D",
        "%E2%80%AE",
        "%F0%9F%AA%91",
        "a%0D%0Ab",
        "..%2F..%2Fetc",
        "' OR 1=1",
        "%3Cscript%3E",
        &"x".repeat(5_000),
    ];
    for text in texts {
        let text = text.replace(' ', "%20");
        for path in [
            format!("/api/products?name={text}"),
            format!("/api/products?categoryName={text}"),
            format!("/api/products?q={text}"),
            format!("/api/products?limit={text}"),
            format!("/api/products?cursor={text}"),
            format!("/api/products?name[$ne]={text}"),
            format!("/api/products?name=a&name={text}"),
            format!("/api/orders?cursor={text}&limit=1"),
            format!("/api/orders/{text}"),
            format!("/api/{text}"),
        ] {
            let answer = user.get(&path).await;
            assert!(answer.status < 500, "{answer}");
            if answer.status >= 400 {
                assert!(
                    matches!(answer.status, 400 | 404 | 414 | 422 | 431),
                    "{answer}"
                );
                answer.problem(answer.status);
            }
        }
    }
}

#[tokio::test]
async fn given_hostile_headers_when_sent_then_never_a_5xx() {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let headers = [
        ("x-request-id", "\u{fc}"),
        ("x-request-id", "<script>"),
        ("traceparent", "00-zz-zz-zz"),
        ("if-none-match", "W/\"\"\"\""),
        ("if-none-match", ",,,"),
        ("last-event-id", "\u{fc}"),
        ("accept", "nothing/at-all"),
        ("accept-encoding", "identity;q=0"),
        ("content-encoding", "gzip"),
        ("x-forwarded-for", "1.2.3.4, evil"),
        ("x-http-method-override", "DELETE"),
        ("cookie", "a=b; c"),
        ("origin", "null"),
        ("range", "bytes=0-0"),
        ("expect", "200-maybe"),
    ];
    for (name, value) in headers {
        let client = user.with_header(name, value);
        for path in ["/api/products", "/api/orders", "/api/nothing"] {
            let answer = client.get(path).await;
            assert!(answer.status < 500, "{name}: {value}: {answer}");
            assert!(
                answer
                    .header("x-request-id")
                    .is_some_and(|id| !id.contains(['<', '\u{fc}'])),
                "{answer}"
            );
        }
        let body = json!({ "products": [{ "name": "cutlery", "quantity": 1 }] });
        let answer = client.post("/api/orders", &body).await;
        assert!(answer.status < 500, "{name}: {value}: {answer}");
    }
    let huge = user
        .with_header("x-huge", &"x".repeat(100_000))
        .try_send("GET".parse().expect("a method"), "/api/products", None)
        .await;
    assert!(huge.is_err() || huge.is_ok_and(|answer| matches!(answer.status, 400 | 431)));
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

/// Values of every type but the right one's.
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
