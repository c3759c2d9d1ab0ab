//! An unavailable dependency: 503 with Retry-After, and recovery without a restart.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{
    BACKENDS, Expectations, Response, Shop, credentials, eventually, eventually_status, order,
};

const UNREACHABLE_MONGODB: &str = "mongodb://127.0.0.1:1/?replicaSet=rs";
const UNREACHABLE_KAFKA: &str = "127.0.0.1:1";

fn expect_unavailable(responses: &[Response]) {
    for response in responses {
        response.expect_detail(503, "Service unavailable!");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_mongodb_is_down_when_services_are_called_then_503_until_it_is_restarted() {
    let shop = Shop::builder().dedicated_servers().start().await;
    let (user, admin) = (shop.user().await, shop.admin().await);
    shop.servers().kill_mongod().await;
    let login = credentials("aaa@aaa.com", "aaa@aaa.com");
    let (cutlery, restock) = (order(&[("cutlery", 1)]), json!({ "add_quantity": 1 }));
    let responses = futures::join!(
        user.get("/api/orders"),
        user.post("/api/orders", &cutlery),
        user.get("/api/products"),
        admin.patch("/api/products?name=chair", &restock),
        user.post("/api/login", &login),
    );
    expect_unavailable(&<[Response; 5]>::from(responses));
    for service in BACKENDS {
        eventually_status("the service is not ready", 503, async || {
            shop.direct(service).get("/health/ready").await
        })
        .await;
        shop.direct(service).get("/health/live").await.expect(200);
    }

    shop.servers().restart_mongod().await;
    for service in BACKENDS {
        shop.wait_ready(service).await;
    }
    eventually_status("a login succeeds", 200, async || {
        user.post("/api/login", &login).await
    })
    .await;
    for path in ["/api/products", "/api/orders"] {
        eventually_status(path, 200, async || user.get(path).await).await;
    }
    let placed = eventually_status("an order is placed", 201, async || {
        user.post("/api/orders", &cutlery).await
    })
    .await;
    let id = placed.string("id");
    assert_eq!(shop.wait_decided(&user, &id).await["status"], "ACCEPTED");
    // An order that was answered 503 may still have been stored.
    shop.check_invariants(&Expectations {
        acknowledged: vec![id],
        unknown: 20,
        ..Expectations::default()
    })
    .await;
}

#[tokio::test]
async fn given_a_service_is_down_when_called_through_the_gateway_then_503_and_other_services_respond()
 {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let check = async |service: &str, path: &str, unaffected: &str| {
        shop.kill(service);
        for _ in 0..30 {
            expect_unavailable(&[user.get(path).await]);
        }
        user.get(unaffected).await.expect(200);
        shop.restart(service).await;
        eventually_status("the gateway reaches it again", 200, async || {
            user.get(path).await
        })
        .await;
    };
    check("products", "/api/products", "/api/orders").await;
    check("orders", "/api/orders", "/api/products").await;
    check("authentication", "/api/me", "/api/orders").await;
}

#[tokio::test]
async fn given_one_of_two_replicas_is_down_when_read_through_the_gateway_then_every_call_succeeds()
{
    let shop = Shop::builder().replicas("products", 2).start().await;
    shop.kill("products-2");
    for _ in 0..30 {
        shop.anonymous().get("/api/products").await.expect(200);
    }
}

#[tokio::test]
async fn given_a_service_that_hangs_when_called_then_503_within_the_gateways_timeout() {
    let shop = Shop::start().await;
    shop.pause("products");
    let response = shop.anonymous().get("/api/products").await;
    shop.resume("products");
    expect_unavailable(&[response]);
    eventually_status("the gateway reaches it again", 200, async || {
        shop.anonymous().get("/api/products").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_mongodb_hangs_when_services_are_called_then_503_within_their_own_timeouts() {
    let shop = Shop::builder().dedicated_servers().start().await;
    let (user, admin) = (shop.user().await, shop.admin().await);
    let login = credentials("aaa@aaa.com", "aaa@aaa.com");
    let (cutlery, restock) = (order(&[("cutlery", 1)]), json!({ "add_quantity": 1 }));
    let orders = user.at(&shop.url("orders"));
    let products = admin.at(&shop.url("products"));
    let authentication = shop.direct("authentication");
    shop.servers().pause_mongod().await;
    let start = Instant::now();
    let responses = futures::join!(
        orders.get("/api/orders"),
        orders.post("/api/orders", &cutlery),
        products.get("/api/products"),
        products.get("/api/products?name=chair"),
        products.get("/api/categories"),
        products.patch("/api/products?name=chair", &restock),
        authentication.post("/api/login", &login),
    );
    let elapsed = start.elapsed();
    shop.servers().resume_mongod().await;
    expect_unavailable(&<[Response; 7]>::from(responses));
    // After 10 s the gateway would time out first.
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
    for service in BACKENDS {
        shop.wait_ready(service).await;
    }
    eventually_status("the catalogue works", 200, async || {
        user.get("/api/products").await
    })
    .await;
}

#[tokio::test]
async fn given_mongodb_and_kafka_are_unreachable_when_a_service_starts_then_it_is_alive_and_not_ready()
 {
    let shop = Shop::start().await;
    assert!(shop.stop("orders").await.success());
    let unreachable = [
        ("MONGODB_URI", UNREACHABLE_MONGODB),
        ("KAFKA_BROKERS", UNREACHABLE_KAFKA),
    ];
    shop.restart_without_waiting("orders", &unreachable);
    let direct = shop.direct("orders");
    eventually("the service is alive", async || {
        let response = direct.try_get("/health/live").await;
        response
            .map(|response| response.expect(200))
            .map_err(|error| format!("{error:?}"))
    })
    .await;
    direct.get("/health/ready").await.expect(503);
    let user = shop.user().await.at(&shop.url("orders"));
    expect_unavailable(&[user.get("/api/orders").await]);
    assert!(shop.stop("orders").await.success());
}
