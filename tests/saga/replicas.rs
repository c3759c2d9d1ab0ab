//! Several replicas, some of them paused or down.

use futures::StreamExt as _;
use testkit::{Expectations, Shop, TIMEOUT, order};

use super::{run_events, wait_for_messages};

/// Places orders of one unit from many buyers concurrently; returns the ids of the accepted calls.
async fn place_concurrently(shop: &Shop, name: &str, count: usize) -> Vec<String> {
    let place = |index: usize| async move {
        let email = format!("buyer{}@test.example", index % 20);
        let buyer = shop.with_signed_token(&email, "user");
        let response = buyer.post("/api/orders", &order(&[(name, 1)])).await;
        assert!(matches!(response.status, 201 | 404), "{response}");
        (response.status == 201).then(|| response.string("id"))
    };
    let ids: Vec<_> = futures::stream::iter((0..count).map(place))
        .buffer_unordered(16)
        .collect()
        .await;
    ids.into_iter().flatten().collect()
}

#[tokio::test]
async fn given_two_replicas_of_each_service_when_demand_exceeds_stock_then_each_unit_is_sold_once()
{
    let shop = Shop::builder()
        .replicas("products", 2)
        .replicas("orders", 2)
        .replicas("gateway", 2)
        .start()
        .await;
    shop.add_product("vase", 10.0, 25).await;
    let ids = place_concurrently(&shop, "vase", 150).await;
    shop.check_invariants(&Expectations::new(ids)).await;
    assert_eq!(shop.stock("vase").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn given_orders_being_placed_when_partitions_are_added_then_each_unit_is_sold_once() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    let vases = ["blue vase", "green vase", "red vase"];
    for vase in vases {
        shop.add_product(vase, 10.0, 60).await;
    }
    let listed = run_events(&shop, &["topics", "--partitions", "3"]);
    assert!(!listed.contains("--grow"), "{listed}");
    let ordering = async {
        let orders = vases.map(|vase| place_concurrently(&shop, vase, 100));
        futures::future::join_all(orders).await.concat()
    };
    let growing = async {
        wait_for_messages(&shop, "orders", 30).await;
        let grow = ["topics", "--grow", "--partitions", "12"];
        tokio::task::block_in_place(|| run_events(&shop, &grow))
    };
    let (ids, grown) = futures::join!(ordering, growing);
    assert_eq!(grown.matches("raised to 12").count(), 4, "{grown}");
    shop.wait_all_decided(TIMEOUT).await;
    for vase in vases {
        assert_eq!(shop.stock(vase).await, 0, "{vase}");
    }
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_a_replica_paused_beyond_its_session_timeout_when_it_resumes_then_no_order_is_decided_twice()
 {
    let shop = Shop::builder()
        .replicas("products", 2)
        .replicas("orders", 2)
        .start()
        .await;
    shop.pause("products-2");
    shop.pause("orders-2");
    let mut ids = Vec::new();
    let buyer = shop.user().await.at(&shop.url("orders"));
    for _ in 0..20 {
        ids.push(shop.place_order(&buyer, "cutlery", 1).await);
    }
    shop.wait_all_decided(TIMEOUT * 2).await;
    shop.resume("products-2");
    shop.resume("orders-2");
    for replica in ["products-2", "orders-2"] {
        shop.wait_ready(replica).await;
    }
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_replicas_that_stop_and_restart_when_orders_are_placed_then_the_result_is_the_same() {
    let shop = Shop::builder().replicas("products", 3).start().await;
    let mut ids = place_concurrently(&shop, "cutlery", 30).await;
    shop.kill("products-2");
    assert!(shop.stop("products-3").await.success());
    ids.extend(place_concurrently(&shop, "cutlery", 30).await);
    shop.restart("products-2").await;
    shop.restart("products-3").await;
    ids.extend(place_concurrently(&shop, "cutlery", 30).await);
    shop.check_invariants(&Expectations::new(ids)).await;
    assert_eq!(shop.stock("cutlery").await, 110);
}
