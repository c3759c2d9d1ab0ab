//! An invalid setting stops a service at its start with an error that names the setting.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use testkit::{
    BACKENDS, Claims, Exit, SERVICES, Settings, Shop, run_service, sign_with_unknown_key,
};

/// Starts a service with a change and expects it to fail with an error that names `setting`.
async fn expect_invalid(
    service: &str,
    setting: &str,
    change: impl FnOnce(&mut Settings),
) -> String {
    let mut value = None;
    let exit = run_service(service, |settings| {
        change(settings);
        value = settings.get(setting).cloned();
    });
    let Some(Exit { code, output }) = exit.await else {
        panic!("{service} accepts {setting}={value:?}");
    };
    assert!(
        code == Some(1) && output.contains(setting),
        "{service} with {setting}={value:?} exits with {code:?}: {output}"
    );
    output
}

/// Starts a service with one setting changed or removed, and expects an error that names it.
async fn rejects(service: &str, setting: &str, value: Option<&str>) {
    expect_invalid(service, setting, |settings| {
        settings.remove(setting);
        settings.extend(value.map(|value| (setting.to_owned(), value.to_owned())));
    })
    .await;
}

#[tokio::test]
async fn given_any_service_when_a_shared_setting_is_invalid_then_the_error_names_it() {
    for service in SERVICES {
        rejects(service, "LISTEN", Some("nowhere")).await;
        rejects(service, "LOG_FORMAT", Some("loud")).await;
        rejects(service, "LOG_LEVEL", Some("a=b=c")).await;
        rejects(service, "CHAOS_ENDPOINTS", Some("perhaps")).await;
        rejects(service, "DRAIN_TIMEOUT", Some("soon")).await;
    }
}

#[tokio::test]
async fn given_a_service_with_a_database_when_a_mongodb_setting_is_invalid_then_the_error_names_it()
{
    for service in BACKENDS {
        rejects(service, "MONGODB_URI", None).await;
        rejects(service, "MONGODB_URI", Some("http://127.0.0.1")).await;
        rejects(service, "MONGODB_TIMEOUT", Some("-1s")).await;
        rejects(service, "SEED_DATA", Some("some")).await;
    }
}

#[tokio::test]
async fn given_a_page_on_another_machine_when_started_with_development_settings_then_the_error_names_them()
 {
    let refuses = async |service: &str, setting: &str| {
        let output = expect_invalid(service, setting, |settings| {
            let origins = "http://localhost:8080,https://shop.example";
            settings.insert("PUBLIC_ORIGINS".to_owned(), origins.to_owned());
            settings.insert("SEED_DATA".to_owned(), "false".to_owned());
            settings.insert(setting.to_owned(), "true".to_owned());
        })
        .await;
        assert!(output.contains("https://shop.example"), "{output}");
    };
    for service in BACKENDS {
        refuses(service, "SEED_DATA").await;
    }
    for service in SERVICES {
        refuses(service, "CHAOS_ENDPOINTS").await;
        rejects(service, "PUBLIC_ORIGINS", Some("http://shop.example")).await;
    }
}

#[tokio::test]
async fn given_an_invalid_connection_string_when_rejected_then_no_part_of_it_is_printed() {
    for service in BACKENDS {
        for separator in ["?", "/", ":"] {
            let uri = format!("mongodb://shop:hidden{separator}phrase@127.0.0.1:nowhere");
            let output = expect_invalid(service, "MONGODB_URI", |settings| {
                settings.insert("MONGODB_URI".to_owned(), uri);
            })
            .await;
            assert!(
                !output.contains("hidden") && !output.contains("phrase"),
                "{separator}: {output}"
            );
        }
    }
}

#[tokio::test]
async fn given_a_service_with_events_when_a_kafka_setting_is_invalid_then_the_error_names_it() {
    for service in ["products", "orders"] {
        rejects(service, "KAFKA_BROKERS", None).await;
        rejects(service, "KAFKA_BROKERS", Some("not a broker")).await;
        rejects(service, "KAFKA_TOPIC_PREFIX", Some("a b/c")).await;
        rejects(service, "KAFKA_SESSION_TIMEOUT", Some("10m")).await;
        rejects(service, "KAFKA_PARTITIONS", Some("0")).await;
        rejects(service, "KAFKA_PARTITIONS", Some("many")).await;
        rejects(service, "JWKS_URL", Some("not a url")).await;
    }
}

#[tokio::test]
async fn given_authentication_when_its_keys_or_lifetimes_are_invalid_then_the_error_names_them() {
    for file in [Some("/nowhere/key.pem"), Some("/dev/null"), None] {
        rejects("authentication", "TOKEN_SIGNING_KEY_FILE", file).await;
    }
    rejects("authentication", "ACCESS_TOKEN_LIFETIME", Some("soon")).await;
    rejects("authentication", "REFRESH_TOKEN_LIFETIME", Some("")).await;
    let output = expect_invalid("authentication", "TOKEN_HS256_SECRET", |settings| {
        settings.remove("TOKEN_SIGNING_KEY_FILE");
        settings.insert("TOKEN_HS256_SECRET".to_owned(), "too short".to_owned());
    })
    .await;
    assert!(
        !output.contains("too short"),
        "the secret is printed: {output}"
    );
}

#[tokio::test]
async fn given_a_shared_secret_in_a_file_when_all_services_use_it_then_its_tokens_are_accepted() {
    let random = || format!("{:016x}", RandomState::new().build_hasher().finish());
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&file, [random(), random(), random()].concat()).expect("writes");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("sets the mode");
    let shop = Shop::builder()
        .env("authentication", "TOKEN_SIGNING_KEY_FILE", "")
        .env_all(
            "TOKEN_HS256_SECRET_FILE",
            &file.path().display().to_string(),
        )
        .env_all("JWKS_URL", "")
        .spawn()
        .await;
    for service in SERVICES {
        shop.wait_ready(service).await;
    }
    let (user, admin) = (shop.user().await, shop.admin().await);
    user.get("/api/me").await.expect(200);
    let id = shop.place_order(&user, "cutlery", 1).await;
    shop.wait_decided(&user, &id).await;
    let category = json!({ "name": "garden" });
    let forbidden = user.post("/api/categories", &category).await;
    forbidden.expect_problem(403);
    admin.post("/api/categories", &category).await.expect(201);
    let forged = sign_with_unknown_key(None, &Claims::new("admin@admin.com", "admin"));
    for (service, path) in [
        ("gateway", "/api/products"),
        ("authentication", "/api/me"),
        ("products", "/api/products"),
        ("orders", "/api/orders"),
    ] {
        let attacker = shop.direct(service).with_token(&forged);
        attacker
            .get(path)
            .await
            .expect_detail(401, "Incorrect token");
    }
}

#[tokio::test]
async fn given_the_gateway_when_its_upstreams_or_limits_are_invalid_then_the_error_names_them() {
    for upstream in [
        "UPSTREAM_AUTHENTICATION",
        "UPSTREAM_PRODUCTS",
        "UPSTREAM_ORDERS",
    ] {
        rejects("gateway", upstream, Some("not a url")).await;
        rejects("gateway", upstream, Some("")).await;
    }
    rejects("gateway", "JWKS_URL", Some("not a url")).await;
    rejects("gateway", "RATE_LIMIT_PER_SECOND", Some("0")).await;
    rejects("gateway", "RATE_LIMIT_PER_SECOND", Some("many")).await;
}

#[tokio::test]
async fn given_orders_when_a_limit_of_accounts_is_not_a_number_then_the_error_names_it() {
    rejects("orders", "PENDING_ITEMS_PER_ACCOUNT", Some("many")).await;
    rejects("orders", "ORDERS_PER_ACCOUNT_PER_HOUR", Some("-1")).await;
}
