//! A load balancer in front of the gateways, and restarts that it knows of, as in a cluster.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use testkit::{Client, Release, Shop, eventually};

/// A round-robin load balancer over the gateways that are ready.
pub(crate) struct LoadBalancer {
    gateways: Mutex<Vec<String>>,
    calls: AtomicUsize,
}

impl LoadBalancer {
    /// Balances over two gateways.
    pub(crate) fn new(shop: &Shop) -> Self {
        Self {
            gateways: Mutex::new(vec![shop.url("gateway"), shop.url("gateway-2")]),
            calls: AtomicUsize::new(0),
        }
    }

    /// The URL of the gateway for the next call.
    pub(crate) fn next(&self) -> String {
        let gateways = self.gateways();
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        gateways[call % gateways.len()].clone()
    }

    /// Stops a replica, removes it from the load balancer once it is not ready, and starts it again
    /// as the program of `release`.
    pub(crate) async fn restart(&self, shop: &Shop, replica: &str, release: &Release) {
        let url = shop.url(replica);
        let remove = async {
            let client = Client::new(&url);
            eventually("the replica is not ready", async || {
                match client.try_get("/health/ready").await {
                    Ok(response) if response.status == 200 => Err("it is ready".to_owned()),
                    // Without a response it has exited already.
                    Ok(_) | Err(_) => Ok(()),
                }
            })
            .await;
            self.gateways().retain(|gateway| *gateway != url);
        };
        let (status, ()) = futures::join!(shop.stop(replica), remove);
        assert!(status.success(), "{replica}: {status}");
        shop.restart_as(replica, release).await;
        if replica.starts_with("gateway") {
            self.gateways().push(url);
        }
    }

    fn gateways(&self) -> MutexGuard<'_, Vec<String>> {
        self.gateways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
