//! 10,000 orders by many buyers for a hundred pieces, three replicas of each service.

use futures::StreamExt as _;
use testkit::{Client, Ledger, Shop, order};

const ORDERS: usize = 10_000;
const BUYERS: usize = 200;
const PIECES: i64 = 100;
const AT_ONCE: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn given_ten_thousand_orders_for_a_hundred_pieces_when_all_are_decided_then_exactly_a_hundred_are_accepted()
 {
    let _machine = crate::alone().await;
    let mut builder = Shop::builder();
    for kind in ["gateway", "authentication", "products", "orders"] {
        builder = builder.replicas(kind, 3);
    }
    let shop = builder.start().await;
    shop.stock("ticket", 49.5, PIECES).await;
    let gateways = ["gateway", "gateway-2", "gateway-3"].map(|name| shop.url(name));
    let buyers: Vec<Client> = (0..BUYERS)
        .map(|index| {
            shop.minted(&format!("buyer{index}@test.example"), "user")
                .at(&gateways[index % 3])
        })
        .collect();

    let crowd = async {
        let orders = (0..ORDERS).map(|index| buy(&buyers[index % BUYERS]));
        futures::stream::iter(orders)
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await
    };
    let (outcomes, ()) = futures::join!(crowd, watch(&shop));
    let ids: Vec<String> = outcomes.into_iter().flatten().collect();
    assert!(
        ids.len() >= usize::try_from(PIECES).expect("a hundred"),
        "{} were placed",
        ids.len()
    );

    shop.judge(&Ledger::of(ids)).await;
    assert_eq!(shop.quantity("ticket").await, 0);
    let accepted = shop.store("orders").collection::<bson::Document>("orders");
    let tickets = bson::doc! { "status": "ACCEPTED", "products.name": "ticket" };
    assert_eq!(
        accepted
            .count_documents(tickets)
            .await
            .expect("the store answers"),
        100
    );
}

/// Every call has a clear answer: taken, or no longer in stock.
async fn buy(buyer: &Client) -> Option<String> {
    let answer = buyer.post("/api/orders", &order(&[("ticket", 1)])).await;
    if answer.status == 404 {
        answer.says(404, "The requested amount does not exist.");
        return None;
    }
    let answer = answer.expect(201);
    Some(answer.json()["id"].as_str().expect("an id").to_owned())
}

/// Looks, until all are sold, whether every piece is accounted for at that moment.
async fn watch(shop: &Shop) {
    while shop.quantity("ticket").await > 0 {
        shop.judge_stock_now().await;
    }
}
