//! Invalid and extreme numbers and texts.

use testkit::{Method, Response, Shop};

use super::send;

/// Panics if the response is a 5xx, or an error of another status than `expected`.
fn expect_success_or(expected: &[u16], response: &Response) {
    if response.status >= 400 {
        assert!(expected.contains(&response.status), "{response}");
        response.expect_problem(response.status);
    }
}

#[tokio::test]
async fn given_numbers_of_every_kind_when_sent_then_never_a_5xx() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let numbers = "-0 0.1 1.0 1.5 1e2 1e30 -1e30 1e400 1e-400 0.001 2147483648 -2147483649 \
                   9223372036854775808 18446744073709551616 123456789012345678901234567890 \
                   0.30000000000000004 NaN Infinity -Infinity 01 +1 0x10 .5 5.";
    for (method, path, template) in [
        (
            Method::POST,
            "/api/orders",
            r#"{"products":[{"name":"chair","quantity":#}]}"#,
        ),
        (
            Method::PATCH,
            "/api/products?name=chair",
            r#"{"add_quantity":#}"#,
        ),
        (Method::PATCH, "/api/products?name=chair", r#"{"price":#}"#),
        (
            Method::POST,
            "/api/products",
            r#"{"product":{"name":"n","description":"d","price":#,"quantity":1,"categories":["kitchen"]}}"#,
        ),
        (
            Method::POST,
            "/api/products",
            r#"{"product":{"name":"m","description":"d","price":1,"quantity":#,"categories":["kitchen"]}}"#,
        ),
    ] {
        for number in numbers.split_whitespace() {
            let body = template.replace('#', number);
            let response = send(&admin, &method, path, body.as_str()).await;
            expect_success_or(&[400, 404, 422], &response);
        }
    }
}

#[tokio::test]
async fn given_invalid_integers_when_sent_then_422() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for number in ["1.5", "1e30", "1e400", "\"1\"", "true", "null"] {
        let body = format!(r#"{{"products":[{{"name":"chair","quantity":{number}}}]}}"#);
        let response = send(&admin, &Method::POST, "/api/orders", body).await;
        response.expect_problem(422);
    }
}

#[tokio::test]
async fn given_texts_of_every_kind_when_requested_then_never_a_5xx() {
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
            let response = user.get(&path).await;
            expect_success_or(&[400, 404, 414, 422, 431], &response);
        }
    }
}
