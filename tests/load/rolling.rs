//! An upgrade as a cluster makes it: each replica in turn is asked to stop and started again, and
//! nobody who uses the shop meanwhile notices.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use testkit::{Client, Ledger, SOON, Shop, eventually, order};

const KINDS: [&str; 4] = ["gateway", "authentication", "products", "orders"];
const CALLERS: usize = 8;

/// The gateways that a load balancer would send somebody to: those that say that they are ready.
struct Rotation {
    gateways: Mutex<Vec<String>>,
    turn: AtomicUsize,
}

impl Rotation {
    fn next(&self) -> String {
        let gateways = self.gateways.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        gateways[turn % gateways.len()].clone()
    }

    fn add(&self, url: String) {
        let mut gateways = self.gateways.lock().unwrap_or_else(PoisonError::into_inner);
        gateways.push(url);
    }

    fn remove(&self, url: &str) {
        let mut gateways = self.gateways.lock().unwrap_or_else(PoisonError::into_inner);
        gateways.retain(|gateway| gateway != url);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_two_replicas_of_everything_when_each_is_restarted_under_load_then_no_call_fails() {
    let _machine = crate::alone().await;
    let mut builder = Shop::builder();
    for kind in KINDS {
        builder = builder.replicas(kind, 2).env(kind, "DRAIN_DELAY", "1s");
    }
    let shop = builder.start().await;
    shop.stock("candle", 2.5, 1_000_000).await;
    let rotation = Rotation {
        gateways: Mutex::new(vec![shop.url("gateway"), shop.url("gateway-2")]),
        turn: AtomicUsize::new(0),
    };
    let done = AtomicBool::new(false);

    let calls = futures::future::join_all((0..CALLERS).map(async |number| {
        let caller = shop.minted(&format!("caller{number}@test.example"), "user");
        let mut placed = Vec::new();
        while !done.load(Ordering::Relaxed) {
            placed.extend(shop_around(&caller, &rotation).await);
        }
        placed
    }));
    let restarts = async {
        for kind in KINDS {
            for replica in [kind.to_owned(), format!("{kind}-2")] {
                restart(&shop, &replica, &rotation).await;
            }
        }
        done.store(true, Ordering::Relaxed);
    };
    let (ids, ()) = futures::join!(calls, restarts);
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    assert!(ids.len() > 8 * CALLERS, "only {} orders", ids.len());
    shop.judge(&Ledger::of(ids)).await;
}

/// One call to each service; each must be answered as if nothing was going on.
async fn shop_around(caller: &Client, rotation: &Rotation) -> Option<String> {
    let _ = caller.at(&rotation.next()).get("/api/me").await.expect(200);
    let read = caller.at(&rotation.next());
    let _ = read.get("/api/products?name=candle").await.expect(200);
    let buyer = caller.at(&rotation.next());
    let placed = buyer.post("/api/orders", &order(&[("candle", 1)])).await;
    let placed = placed.expect(201).json();
    Some(placed["id"].as_str().expect("an id").to_owned())
}

/// SIGTERM, out of the rotation as soon as it is not ready, the end, and up again.
async fn restart(shop: &Shop, replica: &str, rotation: &Rotation) {
    let url = shop.url(replica);
    let leave = async {
        let visitor = Client::new(&url);
        eventually("it says that it is not ready", SOON, async || match visitor
            .get("/health/ready")
            .await
            .status
        {
            200 => Err("it is ready".to_owned()),
            _ => Ok(()),
        })
        .await;
        rotation.remove(&url);
    };
    let (ended, ()) = futures::join!(shop.stop(replica), leave);
    assert!(ended.success(), "{replica}: {ended}");
    shop.start_again(replica).await;
    if replica.starts_with("gateway") {
        rotation.add(url);
    }
}
