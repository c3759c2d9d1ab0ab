//! What `cargo xtask attack` tries, at a shop of ours.

use attack::{Kind, Target};
use testkit::Shop;

#[tokio::test]
async fn given_a_shop_when_it_is_attacked_then_nothing_gets_through() {
    let mut shop = Shop::builder();
    for service in ["gateway", "authentication", "products", "orders"] {
        shop = shop.env(service, "HEADER_TIMEOUT", "5s");
    }
    let shop = shop.start().await;
    let targets = [
        (Kind::Gateway, "gateway"),
        (Kind::Authentication, "authentication"),
        (Kind::Products, "products"),
        (Kind::Orders, "orders"),
    ]
    .map(|(kind, name)| Target::new(kind, &shop.url(name)).expect("an address"));
    let rows = tokio::task::spawn_blocking(move || attack::run(&targets, 1))
        .await
        .expect("no panic")
        .expect("the shop can be attacked");
    assert!(rows.len() > 100, "only {} cases were tried", rows.len());
    let bad: Vec<_> = rows.into_iter().filter(|row| !row.held).collect();
    assert!(bad.is_empty(), "\n{}", attack::table(&bad).join("\n"));
}
