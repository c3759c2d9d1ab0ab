//! A product that was added.

use testkit::{Shop, eventually_status, order, product};

#[tokio::test]
async fn given_an_admin_when_a_product_is_added_then_it_can_be_ordered() {
    let shop = Shop::start().await;
    let (admin, buyer) = (shop.admin().await, shop.user().await);
    let kettle = product("kettle", 19.9, 5);
    admin.post("/api/products", &kettle).await.expect(201);
    eventually_status("the new product can be ordered", 201, async || {
        buyer.post("/api/orders", &order(&[("kettle", 1)])).await
    })
    .await;
}
