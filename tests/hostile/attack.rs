//! The attacks of `cargo xtask attack`.

use attack::{Kind, Target};
use testkit::Shop;

#[tokio::test]
async fn given_a_shop_when_it_is_attacked_then_every_attack_is_rejected() {
    let shop = Shop::builder()
        .env_all("HEADER_TIMEOUT", "5s")
        .start()
        .await;
    let targets = [
        (Kind::Gateway, "gateway"),
        (Kind::Authentication, "authentication"),
        (Kind::Products, "products"),
        (Kind::Orders, "orders"),
    ]
    .map(|(kind, name)| Target::new(kind, &shop.url(name)).expect("a URL"));
    let rows = tokio::task::spawn_blocking(move || attack::run(&targets, 1))
        .await
        .expect("no panic")
        .expect("the shop is reachable");
    assert!(rows.len() > 100, "only {} attacks", rows.len());
    let failed = rows.iter().filter(|row| !row.passed);
    let failed: Vec<_> = failed.map(ToString::to_string).collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}
