//! A wrong setting ends a service at once, with the setting's name.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use testkit::{Claims, Shop, run_alone, sign_with_another_key};

/// Starts a service with one setting changed, or taken away, and expects to read its name.
async fn refuses(service: &str, setting: &str, value: Option<&str>) {
    let end = run_alone(service, |settings| {
        match value {
            Some(value) => settings.insert(setting.to_owned(), value.to_owned()),
            None => settings.remove(setting),
        };
    })
    .await;
    let (code, printed) = end.unwrap_or_else(|| panic!("{service} runs with {setting}={value:?}"));
    assert_eq!(
        code,
        Some(1),
        "{service} with {setting}={value:?} printed:\n{printed}"
    );
    assert!(
        printed.contains(setting),
        "{setting}={value:?} is not named by {service}, which printed:\n{printed}"
    );
}

#[tokio::test]
async fn given_any_service_when_a_shared_setting_is_wrong_then_it_is_named() {
    for service in ["gateway", "authentication", "products", "orders"] {
        refuses(service, "LISTEN", Some("nowhere")).await;
        refuses(service, "LOG_FORMAT", Some("loud")).await;
        refuses(service, "LOG_LEVEL", Some("a=b=c")).await;
        refuses(service, "CHAOS_ENDPOINTS", Some("perhaps")).await;
        refuses(service, "DRAIN_TIMEOUT", Some("soon")).await;
    }
}

#[tokio::test]
async fn given_a_service_with_a_store_when_the_stores_settings_are_wrong_then_they_are_named() {
    for service in ["authentication", "products", "orders"] {
        refuses(service, "MONGODB_URI", None).await;
        refuses(service, "MONGODB_URI", Some("http://127.0.0.1")).await;
        refuses(service, "MONGODB_TIMEOUT", Some("-1s")).await;
        refuses(service, "SEED_DATA", Some("some")).await;
    }
}

#[tokio::test]
async fn given_a_connection_string_that_cannot_be_read_when_refused_then_no_piece_of_it_is_printed()
{
    for service in ["authentication", "products", "orders"] {
        for separator in ["?", "/", ":"] {
            let end = run_alone(service, |settings| {
                let uri = format!("mongodb://shop:hidden{separator}phrase@127.0.0.1:nowhere");
                settings.insert("MONGODB_URI".to_owned(), uri);
            })
            .await;
            let (code, printed) = end.unwrap_or_else(|| panic!("{service} takes {separator}"));
            assert!(
                code == Some(1) && printed.contains("MONGODB_URI"),
                "{separator}: {printed}"
            );
            assert!(
                !printed.contains("hidden") && !printed.contains("phrase"),
                "{separator}: {printed}"
            );
        }
    }
}

#[tokio::test]
async fn given_a_service_with_events_when_the_brokers_settings_are_wrong_then_they_are_named() {
    for service in ["products", "orders"] {
        refuses(service, "KAFKA_BROKERS", None).await;
        refuses(service, "KAFKA_BROKERS", Some("not a broker")).await;
        refuses(service, "KAFKA_TOPIC_PREFIX", Some("a b/c")).await;
        refuses(service, "KAFKA_SESSION_TIMEOUT", Some("10m")).await;
        refuses(service, "KAFKA_PARTITIONS", Some("0")).await;
        refuses(service, "KAFKA_PARTITIONS", Some("many")).await;
        refuses(service, "JWKS_URL", Some("not a url")).await;
    }
}

#[tokio::test]
async fn given_authentication_when_its_keys_or_lifetimes_are_wrong_then_they_are_named() {
    refuses(
        "authentication",
        "TOKEN_SIGNING_KEY_FILE",
        Some("/nowhere/key.pem"),
    )
    .await;
    refuses(
        "authentication",
        "TOKEN_SIGNING_KEY_FILE",
        Some("/dev/null"),
    )
    .await;
    refuses("authentication", "TOKEN_SIGNING_KEY_FILE", None).await;
    refuses("authentication", "ACCESS_TOKEN_LIFETIME", Some("soon")).await;
    refuses("authentication", "REFRESH_TOKEN_LIFETIME", Some("")).await;
    let end = run_alone("authentication", |settings| {
        settings.remove("TOKEN_SIGNING_KEY_FILE");
        settings.insert("TOKEN_HS256_SECRET".to_owned(), "too short".to_owned());
    })
    .await;
    let (code, printed) = end.expect("a short secret is refused");
    assert!(
        code == Some(1) && printed.contains("TOKEN_HS256_SECRET"),
        "{printed}"
    );
    assert!(
        !printed.contains("too short"),
        "a secret is never printed: {printed}"
    );
}

#[tokio::test]
async fn given_a_shared_secret_in_a_file_when_the_whole_shop_has_it_then_its_tokens_are_taken() {
    let random = || format!("{:016x}", RandomState::new().build_hasher().finish());
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&file, [random(), random(), random()].concat()).expect("the secret");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("its owner's");
    let path = file.path().display().to_string();
    let services = ["authentication", "products", "orders", "gateway"];
    let mut shop = Shop::builder().env("authentication", "TOKEN_SIGNING_KEY_FILE", "");
    for service in services {
        shop = shop
            .env(service, "TOKEN_HS256_SECRET_FILE", &path)
            .env(service, "JWKS_URL", "");
    }
    let shop = shop.spawn().await;
    for service in services {
        shop.wait_ready(service).await;
    }
    let (user, admin) = (shop.user().await, shop.admin().await);
    let _ = user.get("/api/me").await.expect(200);
    let id = shop.place(&user, "cutlery", 1).await;
    shop.decided(&user, &id).await;
    let category = json!({ "name": "garden" });
    user.post("/api/categories", &category).await.problem(403);
    let _ = admin.post("/api/categories", &category).await.expect(201);
    let forged = sign_with_another_key(None, &Claims::of("admin@admin.com", "admin"));
    for (service, path) in [
        ("gateway", "/api/products"),
        ("authentication", "/api/me"),
        ("products", "/api/products"),
        ("orders", "/api/orders"),
    ] {
        let stranger = shop.direct(service).with_token(&forged);
        stranger.get(path).await.says(401, "Incorrect token");
    }
}

#[tokio::test]
async fn given_the_gateway_when_its_upstreams_or_limits_are_wrong_then_they_are_named() {
    for upstream in [
        "UPSTREAM_AUTHENTICATION",
        "UPSTREAM_PRODUCTS",
        "UPSTREAM_ORDERS",
    ] {
        refuses("gateway", upstream, Some("not a url")).await;
        refuses("gateway", upstream, Some("")).await;
    }
    refuses("gateway", "JWKS_URL", Some("not a url")).await;
    refuses("gateway", "RATE_LIMIT_PER_SECOND", Some("0")).await;
    refuses("gateway", "RATE_LIMIT_PER_SECOND", Some("many")).await;
}
