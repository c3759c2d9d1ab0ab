//! A shop whose connections are all encrypted.

use std::cell::Cell;

use testkit::{Expectations, Shop};

#[tokio::test]
async fn given_encrypted_connections_when_all_certificates_are_replaced_then_no_order_fails() {
    let shop = Shop::builder().tls().start().await;
    shop.add_product("certificate", 1.0, 1_000_000).await;
    let buyer = shop.user().await;
    let is_replaced = Cell::new(false);
    let place_orders = async {
        let mut ids = Vec::new();
        while !is_replaced.get() {
            ids.push(shop.place_order(&buyer, "certificate", 1).await);
        }
        ids
    };
    let replace = async {
        shop.replace_certificates().await;
        is_replaced.set(true);
    };
    let (mut ids, ()) = tokio::join!(place_orders, replace);
    // On connections that were all opened with the new certificates.
    for name in ["gateway", "products", "orders"] {
        assert!(shop.stop(name).await.success());
        shop.restart(name).await;
    }
    ids.push(shop.place_order(&buyer, "certificate", 1).await);
    for id in &ids {
        assert_eq!(shop.wait_decided(&buyer, id).await["status"], "ACCEPTED");
    }
    shop.check_invariants(&Expectations::new(ids)).await;
}

#[tokio::test]
async fn given_encrypted_connections_when_a_service_checks_itself_then_it_is_ready() {
    let shop = Shop::builder().tls().start().await;
    for name in ["authentication", "products", "orders", "gateway"] {
        let output = shop.check_health(name);
        assert!(output.status.success(), "{name}: {output:?}");
    }
}
