//! Panics in background tasks: each is counted, and the service goes on.

use testkit::{Expectations, SERVICES, Shop, eventually};

use super::{place, place_until_acknowledged};

/// The background tasks of each service, which panic at their start.
const TASKS: [(&str, &[&str]); 4] = [
    (
        "authentication",
        &["database-watch", "signing-keys", "start-up"],
    ),
    (
        "products",
        &[
            "archiver",
            "broker-watch",
            "consumer",
            "database-watch",
            "outbox",
            "republisher",
            "start-up",
            "token-keys",
        ],
    ),
    (
        "orders",
        &[
            "broker-watch",
            "committer",
            "consumer",
            "database-watch",
            "event-stream",
            "start-up",
            "state-consumer",
            "sweeper",
            "token-keys",
        ],
    ),
    ("gateway", &["rate-limit", "token-keys"]),
];

/// The crash points in the work on one batch or message, and the task that panics there.
const POINTS: [(&str, &[(&str, &str)]); 2] = [
    (
        "products",
        &[
            ("products.before-offsets", "consumer"),
            ("products.after-send", "outbox-message"),
            // The orders that are delivered again after the panic before their offsets.
            ("unrecorded-message", "unrecorded-message"),
        ],
    ),
    (
        "orders",
        &[
            ("orders.after-insert", "placing-round"),
            ("orders.before-send", "order-messages"),
            ("orders.before-offsets", "consumer"),
        ],
    ),
];

#[tokio::test]
async fn given_a_panic_in_each_background_task_when_the_shop_runs_then_each_is_counted_and_the_shop_works()
 {
    let mut builder = Shop::builder().env("gateway", "RATE_LIMIT_PER_SECOND", "1000");
    for (service, tasks) in TASKS {
        builder = builder.env(service, "PANIC_AT", &tasks.join(","));
    }
    let shop = builder.start().await;
    let mut expectations = Expectations::default();
    place_until_acknowledged(&shop, "cutlery", &mut expectations).await;
    for (service, tasks) in TASKS {
        wait_counted(&shop, service, tasks).await;
    }
    shop.check_invariants(&expectations).await;
    for service in SERVICES {
        assert!(!shop.has_exited(service), "{service} has exited");
    }
}

#[tokio::test]
async fn given_a_panic_in_the_work_on_orders_when_more_are_placed_then_all_are_decided_once() {
    let mut builder = Shop::builder();
    for (service, points) in POINTS {
        let points: Vec<&str> = points.iter().map(|(point, _)| *point).collect();
        builder = builder.env(service, "PANIC_AT", &points.join(","));
    }
    let shop = builder.start().await;
    let buyer = shop.user().await;
    let mut expectations = Expectations::default();
    for _ in 0..5 {
        place(&buyer, "cutlery", &mut expectations).await;
    }
    place_until_acknowledged(&shop, "cutlery", &mut expectations).await;
    for (service, points) in POINTS {
        let tasks: Vec<&str> = points.iter().map(|(_, task)| *task).collect();
        wait_counted(&shop, service, &tasks).await;
    }
    shop.check_invariants(&expectations).await;
}

/// Waits until the metrics of a service count a failure of each task.
async fn wait_counted(shop: &Shop, service: &str, tasks: &[&str]) {
    let direct = shop.direct(service);
    eventually(&format!("{service} counts its panics"), async || {
        let metrics = direct.get("/metrics").await.text();
        if !metrics.contains("panics_total") {
            return Err("no panic is counted".to_owned());
        }
        let is_counted = |task: &&&str| {
            metrics.contains(&format!("background_failures_total{{task=\"{task}\"}}"))
        };
        match tasks.iter().find(|task| !is_counted(task)) {
            None => Ok(()),
            Some(task) => Err(format!("{task} is not counted")),
        }
    })
    .await;
}
