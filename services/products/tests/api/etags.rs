//! Conditional reads: `ETag` and `If-None-Match`.

use serde_json::json;

use crate::support::{CHAIR_PATH, admin, start};

#[tokio::test]
async fn given_an_etag_when_sent_back_then_304_until_something_changes() {
    let service = start().await;
    let (admin, client) = (admin(&service), &service.client);
    for path in [
        "/api/products",
        CHAIR_PATH,
        "/api/products?categoryName=kitchen",
        "/api/products?limit=2",
    ] {
        let response = client.get(path).await.expect(200);
        let etag = response.header("etag").expect("an ETag").to_owned();
        let if_none_match = async |value: &str| {
            let client = client.with_header("if-none-match", value);
            client.get(path).await
        };
        let unchanged = if_none_match(&etag).await.expect(304);
        assert!(unchanged.body.is_empty());
        assert_eq!(unchanged.header("etag"), Some(etag.as_str()));
        let list = format!("\"other\", {etag}");
        if_none_match(&list).await.expect(304);
        if_none_match("*").await.expect(304);
        if_none_match("\"other\"").await.expect(200);
        let restock = json!({ "add_quantity": 1 });
        admin.patch(CHAIR_PATH, &restock).await.expect(200);
        if_none_match(&etag).await.expect(200);
    }
}
