//! Health checks, metrics, and chaos endpoints.

use serde_json::json;
use testkit::{BACKENDS, Shop, eventually_status};

const NO_ACCESS: &str = "You have no access to this resource!";

#[tokio::test]
async fn given_a_running_shop_when_its_health_is_checked_then_all_services_are_healthy() {
    let shop = Shop::start().await;
    for service in BACKENDS {
        let path = format!("/api/{service}_health");
        let response = shop.anonymous().get(&path).await.expect(200);
        assert_eq!(response.json(), json!({ "status": "ok" }));
    }
    for service in shop.service_names() {
        let direct = shop.direct(service);
        direct.get("/health/live").await.expect(200);
        direct.get("/health/ready").await.expect(200);
        direct.get("/api/categories").await;
        let metrics = direct.get("/metrics").await.expect(200);
        let content_type = metrics.header("content-type").unwrap_or_default();
        assert!(content_type.starts_with("text/plain"), "{metrics}");
        assert!(metrics.text().contains("http_requests_total"), "{metrics}");
    }
}

#[tokio::test]
async fn given_a_running_shop_when_readiness_is_checked_then_the_same_part_has_the_same_name_everywhere()
 {
    let shop = Shop::start().await;
    let check = async |service: &str, parts: &[&str]| {
        let response = shop.direct(service).get("/health/ready").await.expect(200);
        let ready = response.json()["parts"].clone();
        let ready: Vec<&String> = ready.as_object().expect("parts").keys().collect();
        assert_eq!(ready, parts, "{service}");
    };
    check("gateway", &["accepting", "token-keys"]).await;
    check("authentication", &["accepting", "database", "start-up"]).await;
    check(
        "products",
        &["accepting", "broker", "database", "start-up", "token-keys"],
    )
    .await;
    check(
        "orders",
        &[
            "accepting",
            "broker",
            "database",
            "start-up",
            "stream",
            "token-keys",
        ],
    )
    .await;
}

#[tokio::test]
async fn given_chaos_endpoints_are_disabled_when_called_then_404_even_for_an_admin() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for service in BACKENDS {
        let direct = admin.at(&shop.url(service));
        for caller in [shop.anonymous(), admin.clone(), direct] {
            let response = caller.get(&format!("/api/{service}_error")).await;
            response.expect_detail(404, "Endpoint not found!");
        }
    }
}

#[tokio::test]
async fn given_chaos_endpoints_are_enabled_when_called_then_only_an_admin_can_end_the_process() {
    let shop = Shop::builder()
        .env_all("CHAOS_ENDPOINTS", "true")
        .start()
        .await;
    let (user, admin) = (shop.user().await, shop.admin().await);
    for service in BACKENDS {
        let path = format!("/api/{service}_error");
        let response = shop.anonymous().get(&path).await;
        response.expect_detail(401, NO_ACCESS);
        user.get(&path).await.expect_detail(403, NO_ACCESS);
        assert!(shop.try_wait(service).is_none());
        // The process may exit before it responds.
        let _ = admin.try_get(&path).await;
        shop.wait_exit(service).await;
        shop.restart(service).await;
        let health = format!("/api/{service}_health");
        eventually_status("the gateway reaches it again", 200, async || {
            shop.anonymous().get(&health).await
        })
        .await;
    }
}

#[tokio::test]
async fn given_running_services_when_stopped_then_each_exits_with_0() {
    let shop = Shop::start().await;
    for service in ["gateway", "orders", "products", "authentication"] {
        let status = shop.stop(service).await;
        assert!(status.success(), "{service}: {status}");
    }
}
