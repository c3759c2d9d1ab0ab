//! What is away is told, with Retry-After, and survived without a restart.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Answer, Client, Ledger, SOON, Shop, eventually, order};

async fn until(what: &str, status: u16, call: impl AsyncFn() -> Answer) -> Answer {
    eventually(what, SOON, async || {
        let answer = call().await;
        if answer.status == status {
            Ok(answer)
        } else {
            Err(answer.to_string())
        }
    })
    .await
}

fn says_unavailable(answer: &Answer) {
    answer.says(503, "Service unavailable!");
}

#[tokio::test(flavor = "multi_thread")]
async fn given_the_stores_are_away_when_called_then_503_and_after_their_return_all_is_well() {
    let shop = Shop::builder().own_stores().start().await;
    let (user, admin) = (shop.user().await, shop.admin().await);
    shop.stores().kill_mongod().await;
    let login = json!({ "email": "aaa@aaa.com", "password": "aaa@aaa.com" });
    let (cutlery, restock) = (order(&[("cutlery", 1)]), json!({ "add_quantity": 1 }));
    let answers = futures::join!(
        user.get("/api/orders"),
        user.post("/api/orders", &cutlery),
        user.get("/api/products"),
        admin.patch("/api/products?name=chair", &restock),
        user.post("/api/login", &login),
    );
    for answer in [&answers.0, &answers.1, &answers.2, &answers.3, &answers.4] {
        says_unavailable(answer);
    }
    for service in ["authentication", "products", "orders"] {
        until("readiness tells", 503, async || {
            shop.direct(service).get("/health/ready").await
        })
        .await;
        let _ = shop.direct(service).get("/health/live").await.expect(200);
    }

    shop.stores().restart_mongod().await;
    for service in ["authentication", "products", "orders"] {
        shop.wait_ready(service).await;
    }
    until("logging in works", 200, async || {
        user.post("/api/login", &login).await
    })
    .await;
    until("the catalogue works", 200, async || {
        user.get("/api/products").await
    })
    .await;
    until("orders can be read", 200, async || {
        user.get("/api/orders").await
    })
    .await;
    let placed = until("orders can be placed", 201, async || {
        user.post("/api/orders", &cutlery).await
    })
    .await;
    let id = placed.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(shop.decided(&user, &id).await["status"], "ACCEPTED");
    // A call that was answered 503 may have been one that the store did carry out.
    shop.judge(&Ledger {
        acknowledged: vec![id],
        unknown: 20,
        poison: 0,
    })
    .await;
}

#[tokio::test]
async fn given_a_service_is_down_when_called_through_the_gateway_then_503_and_others_go_on() {
    let shop = Shop::start().await;
    let user = shop.user().await;
    let check = async |service: &str, path: &str, unharmed: &str| {
        shop.kill(service);
        for _ in 0..30 {
            says_unavailable(&user.get(path).await);
        }
        let _ = user.get(unharmed).await.expect(200);
        shop.start_again(service).await;
        until("the gateway finds it again", 200, async || {
            user.get(path).await
        })
        .await;
    };
    check("products", "/api/products", "/api/orders").await;
    check("orders", "/api/orders", "/api/products").await;
    check("authentication", "/api/me", "/api/orders").await;
}

#[tokio::test]
async fn given_one_of_two_replicas_is_down_when_read_through_the_gateway_then_nobody_notices() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    shop.kill("products-2");
    for _ in 0..30 {
        let _ = shop.visitor().get("/api/products").await.expect(200);
    }
}

#[tokio::test]
async fn given_a_service_that_hangs_when_called_then_503_within_the_gateways_patience() {
    let shop = Shop::start().await;
    shop.pause("products");
    let answer = shop.visitor().get("/api/products").await;
    shop.resume("products");
    says_unavailable(&answer);
    until("it is found again", 200, async || {
        shop.visitor().get("/api/products").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_mongodb_hangs_when_services_are_called_then_each_says_so_within_its_own_patience() {
    let shop = Shop::builder().own_stores().start().await;
    let (user, admin) = (shop.user().await, shop.admin().await);
    let login = json!({ "email": "aaa@aaa.com", "password": "aaa@aaa.com" });
    let (cutlery, restock) = (order(&[("cutlery", 1)]), json!({ "add_quantity": 1 }));
    let orders = user.at(&shop.url("orders"));
    let products = admin.at(&shop.url("products"));
    let authentication = shop.direct("authentication");
    shop.stores().pause_mongod().await;
    let started = Instant::now();
    let answers = futures::join!(
        orders.get("/api/orders"),
        orders.post("/api/orders", &cutlery),
        products.get("/api/products"),
        products.get("/api/products?name=chair"),
        products.get("/api/categories"),
        products.patch("/api/products?name=chair", &restock),
        authentication.post("/api/login", &login),
    );
    let waited = started.elapsed();
    shop.stores().resume_mongod().await;
    for answer in [
        &answers.0, &answers.1, &answers.2, &answers.3, &answers.4, &answers.5, &answers.6,
    ] {
        says_unavailable(answer);
    }
    // The gateway would have given up by then.
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    for service in ["authentication", "products", "orders"] {
        shop.wait_ready(service).await;
    }
    until("the catalogue works", 200, async || {
        user.get("/api/products").await
    })
    .await;
}

#[tokio::test]
async fn given_nothing_is_up_yet_when_a_service_starts_then_it_is_alive_and_not_ready() {
    let shop = Shop::start().await;
    assert!(shop.stop("orders").await.success());
    // A port on which nobody listens.
    let nowhere = "mongodb://127.0.0.1:1/?replicaSet=rs";
    shop.spawn_again(
        "orders",
        &[("MONGODB_URI", nowhere), ("KAFKA_BROKERS", "127.0.0.1:1")],
    );
    let direct: Client = shop.direct("orders");
    eventually("it is alive", SOON, async || {
        let answer = direct
            .try_send("GET".parse().expect("a method"), "/health/live", None)
            .await;
        answer
            .map(|answer| answer.expect(200))
            .map_err(|error| format!("{error:?}"))
    })
    .await;
    let _ = direct.get("/health/ready").await.expect(503);
    let user = shop.user().await;
    says_unavailable(&user.at(&shop.url("orders")).get("/api/orders").await);
    assert!(shop.stop("orders").await.success());
}
