//! A rolling restart as in a cluster: each replica is stopped and restarted while clients call.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use testkit::{Client, Expectations, SERVICES, Shop, eventually, order};

const CALLERS: usize = 8;

/// A round-robin load balancer over the gateways that are ready.
struct LoadBalancer {
    gateways: Mutex<Vec<String>>,
    calls: AtomicUsize,
}

impl LoadBalancer {
    fn next(&self) -> String {
        let gateways = self.gateways();
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        gateways[call % gateways.len()].clone()
    }

    fn gateways(&self) -> MutexGuard<'_, Vec<String>> {
        self.gateways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_two_replicas_of_each_service_when_each_is_restarted_under_load_then_no_call_fails() {
    let _machine = crate::reserve_machine().await;
    let mut builder = Shop::builder().env_all("DRAIN_DELAY", "1s");
    for service in SERVICES {
        builder = builder.replicas(service, 2);
    }
    let shop = builder.start().await;
    shop.add_product("candle", 2.5, 1_000_000).await;
    let balancer = LoadBalancer {
        gateways: Mutex::new(vec![shop.url("gateway"), shop.url("gateway-2")]),
        calls: AtomicUsize::new(0),
    };
    let done = AtomicBool::new(false);

    let calls = futures::future::join_all((0..CALLERS).map(async |number| {
        let caller = shop.with_signed_token(&format!("caller{number}@test.example"), "user");
        let mut placed = Vec::new();
        while !done.load(Ordering::Relaxed) {
            placed.push(call_each_service(&caller, &balancer).await);
        }
        placed
    }));
    let restarts = async {
        for service in ["gateway", "authentication", "products", "orders"] {
            for replica in [service.to_owned(), format!("{service}-2")] {
                restart(&shop, &replica, &balancer).await;
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

/// Stops a replica, removes it from the load balancer once it is not ready, and restarts it.
async fn restart(shop: &Shop, replica: &str, balancer: &LoadBalancer) {
    let url = shop.url(replica);
    let remove = async {
        let client = Client::new(&url);
        eventually("the replica is not ready", async || {
            match client.get("/health/ready").await.status {
                200 => Err("it is ready".to_owned()),
                _ => Ok(()),
            }
        })
        .await;
        balancer.gateways().retain(|gateway| *gateway != url);
    };
    let (status, ()) = futures::join!(shop.stop(replica), remove);
    assert!(status.success(), "{replica}: {status}");
    shop.restart(replica).await;
    if replica.starts_with("gateway") {
        balancer.gateways().push(url);
    }
}
