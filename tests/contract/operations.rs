//! Health, metrics, and the endpoint that ends a process.

use serde_json::json;
use testkit::{SOON, Shop, eventually};

const SERVICES: [&str; 3] = ["authentication", "products", "orders"];

#[tokio::test]
async fn given_a_running_shop_when_asked_for_its_health_then_all_of_it_is_well() {
    let shop = Shop::start().await;
    for service in SERVICES {
        let answer = shop
            .visitor()
            .get(&format!("/api/{service}_health"))
            .await
            .expect(200);
        assert_eq!(answer.json(), json!({ "status": "ok" }));
    }
    for service in shop.names() {
        let direct = shop.direct(service);
        let _ = direct.get("/health/live").await.expect(200);
        let _ = direct.get("/health/ready").await.expect(200);
        let metrics = direct.get("/metrics").await.expect(200);
        let _ = direct.get("/api/categories").await;
        assert!(
            metrics
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("text/plain")),
            "{metrics}"
        );
        assert!(
            direct
                .get("/metrics")
                .await
                .text()
                .contains("http_requests_total"),
            "{service}"
        );
    }
}

#[tokio::test]
async fn given_a_bad_token_when_a_service_is_asked_for_its_health_then_401_also_on_its_own_port() {
    let shop = Shop::start().await;
    for service in SERVICES {
        for visitor in [shop.visitor(), shop.direct(service)] {
            visitor
                .with_token("x")
                .get(&format!("/api/{service}_health"))
                .await
                .says(401, "Incorrect token");
        }
    }
}

#[tokio::test]
async fn given_a_running_shop_when_asked_what_is_ready_then_the_same_part_has_the_same_name() {
    let shop = Shop::start().await;
    let check = async |service: &str, parts: &[&str]| {
        let answer = shop.direct(service).get("/health/ready").await.expect(200);
        let ready = answer.json()["parts"].clone();
        let ready: Vec<&String> = ready.as_object().expect("parts").keys().collect();
        assert_eq!(ready, parts, "{service}");
    };
    check("gateway", &["accepting", "token-keys"]).await;
    check("authentication", &["accepting", "database", "start-up"]).await;
    check(
        "products",
        &["accepting", "broker", "database", "token-keys"],
    )
    .await;
    check(
        "orders",
        &["accepting", "broker", "database", "stream", "token-keys"],
    )
    .await;
}

#[tokio::test]
async fn given_no_leave_for_chaos_when_asked_for_then_404_even_for_an_admin() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for service in SERVICES {
        for caller in [shop.visitor(), admin.clone(), admin.at(&shop.url(service))] {
            caller
                .get(&format!("/api/{service}_error"))
                .await
                .says(404, "Endpoint not found!");
        }
    }
}

#[tokio::test]
async fn given_leave_for_chaos_when_an_admin_asks_then_the_process_ends_and_nobody_else_can() {
    let mut builder = Shop::builder();
    for service in ["gateway", "authentication", "products", "orders"] {
        builder = builder.env(service, "CHAOS_ENDPOINTS", "true");
    }
    let shop = builder.start().await;
    let (user, admin) = (shop.user().await, shop.admin().await);
    for service in SERVICES {
        let path = format!("/api/{service}_error");
        shop.visitor()
            .get(&path)
            .await
            .says(401, "You have no access to this resource!");
        user.get(&path)
            .await
            .says(403, "You have no access to this resource!");
        assert!(shop.ended(service).is_none());
        // The process may be gone before it has answered.
        let _ = admin
            .try_send("GET".parse().expect("a method"), &path, None)
            .await;
        shop.wait_exit(service).await;
        shop.start_again(service).await;
        eventually("the gateway reaches it again", SOON, async || {
            let answer = shop.visitor().get(&format!("/api/{service}_health")).await;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer.to_string())
            }
        })
        .await;
    }
}

#[tokio::test]
async fn given_running_services_when_asked_to_end_then_each_exits_with_0() {
    let shop = Shop::start().await;
    for service in ["gateway", "orders", "products", "authentication"] {
        let status = shop.stop(service).await;
        assert!(status.success(), "{service}: {status}");
    }
}
