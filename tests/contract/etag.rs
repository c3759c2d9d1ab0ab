//! `ETag` and `If-None-Match`.

use serde_json::json;
use testkit::{Client, Shop};

const ONE: &str = "/api/products?name=chair";

async fn tag(client: &Client, path: &str) -> String {
    client
        .get(path)
        .await
        .expect(200)
        .header("etag")
        .expect("an ETag")
        .to_owned()
}

#[tokio::test]
async fn given_a_product_when_it_changes_then_its_etag_does_and_with_nothing_else() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    let (admin, visitor) = (shop.admin().await, shop.visitor());
    let before = tag(&visitor, ONE).await;
    let _ = admin
        .patch("/api/products?name=cutlery", &json!({ "add_quantity": 1 }))
        .await
        .expect(200);
    for _ in 0..4 {
        assert_eq!(tag(&visitor, ONE).await, before, "of every replica");
    }
    let mut seen = vec![before];
    for change in [
        json!({ "add_quantity": 1 }),
        json!({ "price": 1.25 }),
        json!({ "description": "New" }),
    ] {
        let _ = admin.patch(ONE, &change).await.expect(200);
        let now = tag(&visitor, ONE).await;
        assert!(!seen.contains(&now), "{change} left the ETag as it was");
        seen.push(now);
    }
    let buyer = shop.user().await;
    let id = shop.place(&buyer, "chair", 1).await;
    shop.decided(&buyer, &id).await;
    assert!(!seen.contains(&tag(&visitor, ONE).await));
}

#[tokio::test]
async fn given_an_etag_when_sent_back_then_304_until_something_changes() {
    let shop = Shop::start().await;
    let (admin, visitor) = (shop.admin().await, shop.visitor());
    for path in [
        "/api/products",
        ONE,
        "/api/products?categoryName=kitchen",
        "/api/products?limit=2",
    ] {
        let etag = tag(&visitor, path).await;
        let knows = visitor.with_header("if-none-match", &etag);
        let same = knows.get(path).await.expect(304);
        assert!(same.body.is_empty());
        assert_eq!(same.header("etag"), Some(etag.as_str()));
        let among = visitor.with_header("if-none-match", &format!("\"other\", {etag}"));
        let _ = among.get(path).await.expect(304);
        let _ = visitor
            .with_header("if-none-match", "*")
            .get(path)
            .await
            .expect(304);
        let _ = visitor
            .with_header("if-none-match", "\"other\"")
            .get(path)
            .await
            .expect(200);
        let _ = admin
            .patch(ONE, &json!({ "add_quantity": 1 }))
            .await
            .expect(200);
        let _ = knows.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn given_a_reader_when_the_stock_is_changed_then_no_older_version_follows_a_newer_one() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    let admin = shop.admin().await;
    let writes = async {
        for _ in 0..40 {
            let _ = admin
                .patch(ONE, &json!({ "add_quantity": 1 }))
                .await
                .expect(200);
        }
    };
    let reads = async {
        let mut last = 0;
        while last < 70 {
            let quantity = shop.quantity("chair").await;
            assert!(quantity >= last, "{quantity} after {last}");
            last = quantity;
        }
    };
    futures::join!(writes, reads);
}
