//! An upgrade from the previous release, a roll-back and a second upgrade, replica by replica, while
//! clients call. Until it is done, both releases share the databases, topics and consumer groups.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::{
    Client, Expectations, Release, Response, SERVICES, Shop, TIMEOUT, eventually, order, product,
};

use crate::load_balancer::LoadBalancer;

const BUYERS: usize = 6;
/// How many orders the buyers place between two steps, so that every mixture of releases works.
const ORDERS_PER_STEP: usize = 40;
/// After how many orders a buyer waits for a decision.
const ORDERS_PER_WAIT: usize = 5;
const EVENTS: &str = "/api/orders/events";
const EVENT_TIMEOUT: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn given_the_previous_release_under_load_when_upgraded_rolled_back_and_upgraded_again_then_no_order_is_lost()
 {
    let Some(previous) = Release::previous() else {
        return eprintln!(
            "skipped: this test needs the previous release, which `cargo xtask test` builds"
        );
    };
    let _machine = crate::reserve_machine().await;
    let mut builder = Shop::builder()
        .release(&previous)
        .env_all("DRAIN_DELAY", "1s");
    for service in SERVICES {
        builder = builder.replicas(service, 2);
    }
    let shop = builder.start().await;
    for name in ["candle", "match"] {
        shop.add_product(name, 2.5, 1_000_000).await;
    }
    let load = Load {
        shop: &shop,
        balancer: LoadBalancer::new(&shop),
        placed: AtomicUsize::new(0),
        is_done: AtomicBool::new(false),
        are_decided: AtomicBool::new(false),
    };
    let steps = async {
        load.wait_for_orders().await;
        for release in [&Release::current(), &previous, &Release::current()] {
            load.replace_all(release).await;
        }
        load.is_done.store(true, Ordering::Relaxed);
    };
    let buying = async {
        let placed = join_all((0..BUYERS).map(|number| load.buy(number))).await;
        shop.wait_all_decided(TIMEOUT).await;
        load.are_decided.store(true, Ordering::Relaxed);
        placed
    };
    let (placed, followed, ()) = futures::join!(buying, load.follow(0), steps);

    let ids = |placed: &[Placed]| placed.iter().map(Placed::id).collect::<Vec<_>>();
    let all: Vec<String> = placed.iter().flat_map(|placed| ids(placed)).collect();
    shop.check_invariants(&Expectations::new(all).with_mixed_releases())
        .await;
    for id in ids(&placed[0]) {
        assert!(followed.contains(&id), "the event stream missed {id}");
    }
    for order in placed.iter().flatten() {
        let repeated = load.place(&order.buyer, &order.key).await;
        assert_eq!(repeated.text(), order.response.text(), "a repeat differs");
    }
}

/// An order and the response to it.
struct Placed {
    buyer: Client,
    key: String,
    response: Response,
}

impl Placed {
    fn id(&self) -> String {
        self.response.string("id")
    }
}

/// The clients of a shop while it is upgraded. None of their calls may fail.
struct Load<'a> {
    shop: &'a Shop,
    balancer: LoadBalancer,
    placed: AtomicUsize,
    /// Whether the buyers end.
    is_done: AtomicBool,
    /// Whether they have ended and all their orders are decided.
    are_decided: AtomicBool,
}

impl Load<'_> {
    /// Replaces the first replica of each service by one of `release`, and then the second.
    async fn replace_all(&self, release: &Release) {
        for number in ["", "-2"] {
            let replicas = SERVICES.map(|service| format!("{service}{number}"));
            let restart = |replica| self.balancer.restart(self.shop, replica, release);
            join_all(replicas.iter().map(|replica| restart(replica))).await;
            self.wait_for_orders().await;
        }
    }

    async fn wait_for_orders(&self) {
        let target = self.placed.load(Ordering::Relaxed) + ORDERS_PER_STEP;
        eventually("the buyers place orders", async || {
            let placed = self.placed.load(Ordering::Relaxed);
            (placed >= target)
                .then_some(())
                .ok_or(format!("{placed} of {target}"))
        })
        .await;
    }

    /// Places orders, each twice, until the load ends. The first buyer changes products as well.
    async fn buy(&self, number: usize) -> Vec<Placed> {
        let mut orders: Vec<Placed> = Vec::new();
        while !self.is_done.load(Ordering::Relaxed) {
            let order = self.place_twice(&self.buyer(number), orders.len()).await;
            if orders.len().is_multiple_of(ORDERS_PER_WAIT) {
                self.wait_decided(&order).await;
            }
            if number == 0 {
                self.change_products(orders.len()).await;
            }
            orders.push(order);
            self.placed.fetch_add(1, Ordering::Relaxed);
        }
        orders
    }

    /// Places an order and repeats it at another gateway, possibly of the other release.
    async fn place_twice(&self, buyer: &Client, number: usize) -> Placed {
        let key = format!("order-{number}");
        let response = self.place(buyer, &key).await;
        let repeated = self.place(buyer, &key).await;
        assert_eq!(facts(&repeated), facts(&response), "a repeat differs");
        Placed {
            buyer: buyer.clone(),
            key,
            response,
        }
    }

    async fn place(&self, buyer: &Client, key: &str) -> Response {
        let buyer = self.balanced(buyer).with_header("idempotency-key", key);
        let lines = order(&[("candle", 1), ("match", 2)]);
        buyer.post("/api/orders", &lines).await.expect(201)
    }

    async fn wait_decided(&self, order: &Placed) {
        let path = format!("/api/orders/{}", order.id());
        eventually("an order is decided", async || {
            let response = self.balanced(&order.buyer).get(&path).await.expect(200);
            match response.string("status").as_str() {
                "ACCEPTED" => Ok(()),
                _ => Err(response.to_string()),
            }
        })
        .await;
    }

    /// Changes a product twice with the same key, and adds one.
    async fn change_products(&self, number: usize) {
        let admin = self.shop.with_signed_token("admin@test.example", "admin");
        let key = format!("change-{number}");
        let change = json!({ "add_quantity": 1, "price": 1 + number % 9 });
        let change = async || {
            let admin = self.balanced(&admin).with_header("idempotency-key", &key);
            let response = admin.patch("/api/products?name=match", &change).await;
            response.expect(200).text()
        };
        assert_eq!(change().await, change().await, "a repeat differs");
        let added = product(&format!("lamp {number}"), 9.5, 1);
        let response = self.balanced(&admin).post("/api/products", &added).await;
        response.expect(201);
    }

    /// Follows the orders of a buyer until all are decided and no event is left. Returns the ids of the
    /// orders of whose decision it knows.
    async fn follow(&self, number: usize) -> HashSet<String> {
        let buyer = self.buyer(number);
        let (mut known, mut last) = (HashSet::new(), None);
        loop {
            // Read first, so that this stream has all that is left.
            let are_decided = self.are_decided.load(Ordering::Relaxed);
            // A replica that drains answers 503.
            let mut stream = eventually("the event stream opens", async || {
                let client = self.balanced(&buyer);
                client.try_stream(EVENTS, last.as_deref()).await
            })
            .await;
            if last.is_none() {
                // A stream without an id begins now.
                known.extend(self.decided(&buyer).await);
            }
            let mut count = 0;
            while let Some(event) = stream.try_next(EVENT_TIMEOUT).await {
                count += 1;
                if event.event == "reset" {
                    known.extend(self.decided(&buyer).await);
                } else {
                    known.insert(id(&event.json()));
                }
                last = Some(event.id);
            }
            if count == 0 && are_decided {
                return known;
            }
        }
    }

    /// The ids of a buyer's decided orders.
    async fn decided(&self, buyer: &Client) -> Vec<String> {
        let response = self.balanced(buyer).get("/api/orders").await.expect(200);
        let orders = response.json()["orders"].as_array().cloned();
        let decided = orders
            .into_iter()
            .flatten()
            .filter(|order| order["status"] != "PENDING");
        decided.map(|order| id(&order)).collect()
    }

    fn buyer(&self, number: usize) -> Client {
        let email = format!("buyer{number}@test.example");
        self.shop.with_signed_token(&email, "user")
    }

    fn balanced(&self, client: &Client) -> Client {
        client.at(&self.balancer.next())
    }
}

fn id(order: &Value) -> String {
    order["id"].as_str().expect("an id").to_owned()
}

/// The response to placing an order, without the zeros at the end of its time. Releases that do not
/// store the rendering of an order do not write them, whichever release has placed it.
fn facts(response: &Response) -> Value {
    let mut order = response.json();
    let time = order["created_at"].as_str().unwrap_or_default();
    let time = time.trim_end_matches('Z');
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    order["created_at"] = json!([seconds, fraction.trim_end_matches('0')]);
    order
}
