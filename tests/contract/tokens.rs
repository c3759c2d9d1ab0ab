//! Invalid access tokens.

use serde_json::{Value, json};
use testkit::{Claims, Shop, credentials, order, sign_with_unknown_key};

const INCORRECT_TOKEN: &str = "Incorrect token";

#[tokio::test]
async fn given_bad_tokens_when_sent_then_401_incorrect_token_everywhere() {
    let shop = Shop::start().await;
    let good = Claims::new("aaa@aaa.com", "admin");
    let signed = shop.sign(&good);
    let (head, signature) = signed.rsplit_once('.').expect("three parts");
    let claims = head.split_once('.').expect("two parts").1;
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let login = credentials("aaa@aaa.com", "aaa@aaa.com");
    let session = shop.anonymous().post("/api/login", &login).await;

    let with = |claim: &str, value: Value| shop.sign(&good.clone().with(claim, value));
    let without = |claim: &str| shop.sign(&good.clone().without(claim));
    let bad = [
        ("not a token", "x".to_owned()),
        ("three parts", "a.b.c".to_owned()),
        ("a refresh token", session.string("refresh_token")),
        ("expired", shop.sign(&good.clone().expiring_in(-1))),
        ("not yet valid", with("nbf", json!(9_999_999_999_i64))),
        ("without expiry", without("exp")),
        ("from another issuer", with("iss", json!("other"))),
        ("for another audience", with("aud", json!("other"))),
        ("without an audience", without("aud")),
        ("with an unknown role", with("role", json!("owner"))),
        (
            "with an invalid e-mail",
            with("email", json!({ "$ne": "" })),
        ),
        (
            "signed with another key",
            sign_with_unknown_key(Some(&shop.key_id()), &good),
        ),
        (
            "with an unknown key id",
            sign_with_unknown_key(Some("unknown"), &good),
        ),
        ("altered", format!("{head}.{flipped}{}", &signature[1..])),
        // {"alg":"none","typ":"at+jwt"}
        (
            "unsigned",
            format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{claims}."),
        ),
    ];
    for (description, token) in bad {
        let caller = shop.anonymous().with_token(&token);
        let mut responses = Vec::new();
        for path in [
            "/api/products",
            "/api/categories",
            "/api/orders",
            "/api/me",
            "/api/orders/events",
        ] {
            responses.push(caller.get(path).await);
        }
        responses.push(caller.post("/api/orders", &order(&[("chair", 1)])).await);
        for service in ["products", "orders"] {
            let direct = caller.at(&shop.url(service));
            responses.push(direct.get(&format!("/api/{service}")).await);
        }
        for response in responses {
            assert_eq!(response.status, 401, "{description}: {response}");
            response.expect_detail(401, INCORRECT_TOKEN);
        }
    }
    let valid = shop.anonymous().with_token(&signed);
    valid.get("/api/orders").await.expect(200);
}
