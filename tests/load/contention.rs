//! 10,000 orders by many buyers for 100 units, with three replicas of each service.

use bson::doc;
use futures::StreamExt as _;
use testkit::{Client, Expectations, SERVICES, Shop, order};

const ORDERS: usize = 10_000;
const BUYERS: usize = 200;
const STOCK: i64 = 100;
const CONCURRENCY: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn given_ten_thousand_orders_for_a_hundred_units_when_all_are_decided_then_exactly_a_hundred_are_accepted()
 {
    let _machine = crate::reserve_machine().await;
    let mut builder = Shop::builder();
    for service in SERVICES {
        builder = builder.replicas(service, 3);
    }
    let shop = builder.start().await;
    shop.add_product("ticket", 49.5, STOCK).await;
    let gateways = ["gateway", "gateway-2", "gateway-3"].map(|name| shop.url(name));
    let buyers: Vec<Client> = (0..BUYERS)
        .map(|index| {
            shop.with_signed_token(&format!("buyer{index}@test.example"), "user")
                .at(&gateways[index % 3])
        })
        .collect();

    let buying = async {
        let orders = (0..ORDERS).map(|index| buy(&buyers[index % BUYERS]));
        futures::stream::iter(orders)
            .buffer_unordered(CONCURRENCY)
            .collect::<Vec<_>>()
            .await
    };
    let (outcomes, ()) = futures::join!(buying, check_stock_until_sold_out(&shop));
    let ids: Vec<String> = outcomes.into_iter().flatten().collect();
    let placed = i64::try_from(ids.len()).expect("thousands");
    assert!(placed >= STOCK, "{placed} were placed");

    shop.check_invariants(&Expectations::new(ids)).await;
    assert_eq!(shop.stock("ticket").await, 0);
    let orders = shop.collection("orders", "orders");
    let tickets = doc! { "status": "ACCEPTED", "products.name": "ticket" };
    let accepted = orders.count_documents(tickets).await.expect("counts");
    assert_eq!(accepted, 100);
}

/// Places an order; returns its id, or `None` if the product is sold out.
async fn buy(buyer: &Client) -> Option<String> {
    let response = buyer.post("/api/orders", &order(&[("ticket", 1)])).await;
    if response.status == 404 {
        response.expect_detail(404, "The requested amount does not exist.");
        return None;
    }
    Some(response.expect(201).string("id"))
}

async fn check_stock_until_sold_out(shop: &Shop) {
    while shop.stock("ticket").await > 0 {
        shop.check_stock_invariants().await;
    }
}
