//! The versions of products that several replicas return.

use serde_json::json;
use testkit::{Client, Shop};

const CHAIR: &str = "/api/products?name=chair";

async fn etag(client: &Client, path: &str) -> String {
    let response = client.get(path).await.expect(200);
    response.header("etag").expect("an ETag").to_owned()
}

async fn restock(admin: &Client, path: &str) {
    let restock = json!({ "add_quantity": 1 });
    admin.patch(path, &restock).await.expect(200);
}

#[tokio::test]
async fn given_a_product_when_it_changes_then_only_its_own_etag_changes() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    let (admin, client) = (shop.admin().await, shop.anonymous());
    let original = etag(&client, CHAIR).await;
    restock(&admin, "/api/products?name=cutlery").await;
    for _ in 0..4 {
        assert_eq!(etag(&client, CHAIR).await, original, "on every replica");
    }
    let mut seen = vec![original];
    for change in [
        json!({ "add_quantity": 1 }),
        json!({ "price": 1.25 }),
        json!({ "description": "New" }),
    ] {
        admin.patch(CHAIR, &change).await.expect(200);
        let current = etag(&client, CHAIR).await;
        assert!(!seen.contains(&current), "{change} does not change it");
        seen.push(current);
    }
    let buyer = shop.user().await;
    let id = shop.place_order(&buyer, "chair", 1).await;
    shop.wait_decided(&buyer, &id).await;
    assert!(!seen.contains(&etag(&client, CHAIR).await));
}

#[tokio::test]
async fn given_a_reader_when_the_stock_changes_then_no_older_version_follows_a_newer_one() {
    let shop = Shop::builder().replicas("products", 2).start().await;
    let admin = shop.admin().await;
    let writes = async {
        for _ in 0..40 {
            restock(&admin, CHAIR).await;
        }
    };
    let reads = async {
        let mut last = 0;
        while last < 70 {
            let stock = shop.stock("chair").await;
            assert!(stock >= last, "{stock} after {last}");
            last = stock;
        }
    };
    futures::join!(writes, reads);
}
