//! Whatever is killed, and whenever: nothing is lost, doubled or stuck.

mod points;
mod stores;

use testkit::{Client, Ledger, Shop, order};

/// Places one order of one piece and writes down what became of it.
async fn place(buyer: &Client, name: &str, ledger: &mut Ledger) {
    let answer = buyer
        .try_send(
            "POST".parse().expect("a method"),
            "/api/orders",
            Some(&order(&[(name, 1)])),
        )
        .await;
    match answer {
        Ok(answer) if answer.status == 201 => {
            ledger
                .acknowledged
                .push(answer.json()["id"].as_str().expect("an id").to_owned());
        }
        Ok(answer) if answer.status < 500 => panic!("refused: {answer}"),
        _ => ledger.unknown += 1,
    }
}

/// Places orders until one more is taken, as it must be when all is well again.
async fn place_until_taken(shop: &Shop, name: &str, ledger: &mut Ledger) {
    let buyer = shop.user().await;
    let before = ledger.acknowledged.len();
    let end = std::time::Instant::now() + testkit::SOON;
    while ledger.acknowledged.len() == before {
        assert!(std::time::Instant::now() < end, "no order is taken");
        place(&buyer, name, ledger).await;
    }
}
