//! The search parameter `q`: words and word prefixes, ignoring case and accents.

use serde_json::json;

use crate::support::{admin, product_names, start};

#[tokio::test]
async fn given_products_when_searched_then_words_and_word_prefixes_match() {
    let service = start().await;
    let admin = admin(&service);
    let product = json!({ "product": { "name": "Crème brûlée", "description": "Dessert für Gäste", "price": 1, "quantity": 1, "categories": ["kitchen"] } });
    admin.post("/api/products", &product).await.expect(201);
    let check = async |query: &str, expected: &[&str]| {
        let path = format!("/api/products?{query}");
        let mut names = product_names(&service.client.get(&path).await.expect(200));
        names.sort_unstable();
        assert_eq!(names, expected, "{query}");
    };
    check("q=chair", &["chair"]).await;
    check("q=CHA", &["chair"]).await;
    check("q=comfort", &["chair"]).await;
    check("q=hair", &[]).await;
    check("q=interesting%20cut", &["cutlery"]).await;
    check("q=creme", &["crème brûlée"]).await;
    check("q=BRULEE", &["crème brûlée"]).await;
    check("q=br%C3%BBl", &["crème brûlée"]).await;
    check("q=gaste", &["crème brûlée"]).await;
    check("q=.*", &[]).await;
    check("q=%24ne", &[]).await;
    check("q=a&categoryName=electronics", &["laptop"]).await;
    check("q=wire&categoryName=electronics", &["headphones"]).await;
    check("q=wire&categoryName=kitchen", &[]).await;
    check("q=chair&limit=1", &["chair"]).await;
}
