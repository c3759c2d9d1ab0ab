//! A rolling restart as in a cluster: each replica is stopped and restarted while clients call.

use std::sync::atomic::{AtomicBool, Ordering};

use testkit::{Client, Expectations, Release, SERVICES, Shop, order};

use crate::load_balancer::LoadBalancer;

const CALLERS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn given_two_replicas_of_each_service_when_each_is_restarted_under_load_then_no_call_fails() {
    let _machine = crate::reserve_machine().await;
    let mut builder = Shop::builder().env_all("DRAIN_DELAY", "1s");
    for service in SERVICES {
        builder = builder.replicas(service, 2);
    }
    let shop = builder.start().await;
    shop.add_product("candle", 2.5, 1_000_000).await;
    let balancer = LoadBalancer::new(&shop);
    let done = AtomicBool::new(false);

    let calls = futures::future::join_all((0..CALLERS).map(async |number| {
        let caller = shop.with_signed_token(&format!("caller{number}@test.example"), "user");
        let mut placed = Vec::new();
        while !done.load(Ordering::Relaxed) {
            placed.push(call_each_service(&caller, &balancer).await);
        }
        placed
    }));
    let release = Release::current();
    let restarts = async {
        for service in ["gateway", "authentication", "products", "orders"] {
            for replica in [service.to_owned(), format!("{service}-2")] {
                balancer.restart(&shop, &replica, &release).await;
            }
        }
        done.store(true, Ordering::Relaxed);
    };
    let (ids, ()) = futures::join!(calls, restarts);
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    assert!(ids.len() > 8 * CALLERS, "only {} orders", ids.len());
    shop.check_invariants(&Expectations::new(ids)).await;
}

/// Calls each service once, and returns the id of the placed order.
async fn call_each_service(caller: &Client, balancer: &LoadBalancer) -> String {
    let next = || caller.at(&balancer.next());
    next().get("/api/me").await.expect(200);
    let candle = "/api/products?name=candle";
    next().get(candle).await.expect(200);
    let placed = next().post("/api/orders", &order(&[("candle", 1)])).await;
    placed.expect(201).string("id")
}
