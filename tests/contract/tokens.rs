//! Tokens that are none.

use serde_json::json;
use testkit::{Claims, Shop, order, sign_with_another_key};

#[tokio::test]
async fn given_bad_tokens_when_sent_then_401_incorrect_token_everywhere() {
    let shop = Shop::start().await;
    let good = Claims::of("aaa@aaa.com", "admin");
    let signed = shop.sign(&good);
    let (head, signature) = signed.rsplit_once('.').expect("three parts");
    let claims = head.split_once('.').expect("two parts").1;
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let refresh = shop
        .visitor()
        .post(
            "/api/login",
            &json!({ "email": "aaa@aaa.com", "password": "aaa@aaa.com" }),
        )
        .await;
    let refresh = refresh.json()["refresh_token"]
        .as_str()
        .expect("a token")
        .to_owned();

    let bad = [
        ("not a token", "x".to_owned()),
        ("three dots", "a.b.c".to_owned()),
        ("a refresh token", refresh),
        ("expired", shop.sign(&good.clone().expired(1))),
        (
            "not yet valid",
            shop.sign(&good.clone().with("nbf", 9_999_999_999_i64)),
        ),
        ("without an end", shop.sign(&good.clone().without("exp"))),
        (
            "of another issuer",
            shop.sign(&good.clone().with("iss", "somebody")),
        ),
        (
            "for another audience",
            shop.sign(&good.clone().with("aud", "somebody")),
        ),
        (
            "without an audience",
            shop.sign(&good.clone().without("aud")),
        ),
        (
            "with an unknown role",
            shop.sign(&good.clone().with("role", "owner")),
        ),
        (
            "with an impossible e-mail",
            shop.sign(&good.clone().with("email", json!({ "$ne": "" }))),
        ),
        (
            "under another key",
            sign_with_another_key(Some(&shop.key_id()), &good),
        ),
        (
            "under an unknown key",
            sign_with_another_key(Some("unknown"), &good),
        ),
        ("altered", format!("{head}.{flipped}{}", &signature[1..])),
        // {"alg":"none","typ":"at+jwt"}
        (
            "unsigned",
            format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{claims}."),
        ),
    ];
    for (what, token) in bad {
        let caller = shop.visitor().with_token(&token);
        for path in [
            "/api/products",
            "/api/categories",
            "/api/orders",
            "/api/me",
            "/api/orders/events",
        ] {
            let answer = caller.get(path).await;
            assert_eq!(answer.status, 401, "{what}: {answer}");
            answer.says(401, "Incorrect token");
        }
        caller
            .post("/api/orders", &order(&[("chair", 1)]))
            .await
            .says(401, "Incorrect token");
        for service in ["products", "orders"] {
            caller
                .at(&shop.url(service))
                .get(&format!("/api/{service}"))
                .await
                .says(401, "Incorrect token");
        }
    }
    let _ = shop
        .visitor()
        .with_token(&signed)
        .get("/api/orders")
        .await
        .expect(200);
}

#[tokio::test]
async fn given_a_bad_token_when_a_session_call_is_made_then_it_is_ignored() {
    let shop = Shop::start().await;
    let caller = shop.visitor().with_token("x");
    let account = json!({ "email": "new@test.example", "password": "a long sentence" });
    let _ = caller.post("/api/register", &account).await.expect(201);
    let login = caller.post("/api/login", &account).await.expect(200).json();
    let token = json!({ "refresh_token": login["refresh_token"] });
    let refreshed = caller.post("/api/refresh", &token).await.expect(200).json();
    let token = json!({ "refresh_token": refreshed["refresh_token"] });
    let _ = caller.post("/api/logout", &token).await.expect(204);
}

#[tokio::test]
async fn given_two_authorization_headers_when_sent_then_400() {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let token = user.token().expect("a token").to_owned();
    let twice = user.with_header("authorization", &format!("Bearer {token}"));
    twice.get("/api/orders").await.problem(400);
    twice.get("/api/products").await.problem(400);
}
