//! Pages: a walk gives each item exactly once.

use serde_json::json;
use testkit::{Client, Shop};

const SORTS: [&str; 5] = ["newest", "price", "-price", "name", "-name"];

async fn add(admin: &Client, name: &str, price: f64, quantity: i64) {
    let product = json!({ "product": { "name": name, "description": "One of many", "price": price, "quantity": quantity, "categories": ["kitchen"] } });
    let _ = admin.post("/api/products", &product).await.expect(201);
}

async fn reprice(admin: &Client, name: &str, price: f64) {
    let _ = admin
        .patch(
            &format!("/api/products?name={name}"),
            &json!({ "price": price }),
        )
        .await
        .expect(200);
}

/// Walks over all pages; gives the text of `field` of each item.
async fn walk(client: &Client, path: &str, list: &str, field: &str, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let more = cursor
            .map(|cursor| format!("&cursor={cursor}"))
            .unwrap_or_default();
        let page = client
            .get(&format!("{path}limit={limit}{more}"))
            .await
            .expect(200)
            .json();
        let items = page[list].as_array().expect("a list");
        assert!(items.len() <= limit);
        found.extend(
            items
                .iter()
                .map(|item| item[field].as_str().expect("text").to_owned()),
        );
        match &page["next_cursor"] {
            serde_json::Value::Null => return found,
            next => cursor = Some(next.as_str().expect("an opaque string").to_owned()),
        }
        assert_eq!(items.len(), limit, "only the last page may be short");
    }
}

fn names(page: &serde_json::Value) -> Vec<String> {
    page["products"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|product| product["name"].as_str().expect("text").to_owned())
        .collect()
}

fn backwards<'a>(names: &[&'a str]) -> Vec<&'a str> {
    names.iter().rev().copied().collect()
}

#[tokio::test]
async fn given_products_when_walked_by_pages_then_each_comes_once_in_the_order_of_creation() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for index in 0..9 {
        let product = json!({ "product": { "name": format!("thing {index}"), "description": "One of many", "price": 1, "quantity": 1, "categories": ["kitchen"] } });
        let _ = admin.post("/api/products", &product).await.expect(201);
    }
    let all = shop.visitor().get("/api/products").await.json();
    assert!(
        all.get("next_cursor").is_none(),
        "the whole list is as always"
    );
    let all: Vec<_> = all["products"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| p["name"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(all.len(), 13);
    for limit in [1, 4, 13, 100] {
        assert_eq!(
            walk(&shop.visitor(), "/api/products?", "products", "name", limit).await,
            all,
            "{limit}"
        );
    }
    let kitchen = walk(
        &shop.visitor(),
        "/api/products?categoryName=kitchen&",
        "products",
        "name",
        3,
    )
    .await;
    assert_eq!(kitchen.len(), 11);
    let many = walk(
        &shop.visitor(),
        "/api/products?q=many&",
        "products",
        "name",
        2,
    )
    .await;
    assert_eq!(many.len(), 9);
}

#[tokio::test]
async fn given_items_that_come_and_change_during_a_walk_when_walked_then_those_that_were_there_come_once()
 {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let first = shop
        .visitor()
        .get("/api/products?limit=2")
        .await
        .expect(200)
        .json();
    let cursor = first["next_cursor"].as_str().expect("more");
    let _ = admin
        .patch("/api/products?name=cutlery", &json!({ "add_quantity": 1 }))
        .await
        .expect(200);
    let product = json!({ "product": { "name": "a", "description": "First by name", "price": 1, "quantity": 1, "categories": ["kitchen"] } });
    let _ = admin.post("/api/products", &product).await.expect(201);
    let rest = shop
        .visitor()
        .get(&format!("/api/products?cursor={cursor}"))
        .await
        .expect(200)
        .json();
    let names: Vec<_> = rest["products"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| &p["name"])
        .collect();
    assert_eq!(names, ["laptop", "headphones", "a"]);
    assert_eq!(rest["next_cursor"], json!(null));
}

#[tokio::test]
async fn given_products_when_walked_in_another_order_then_each_comes_once_in_that_order() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for (name, price, quantity) in [
        ("thing 10", 3.0, 1),
        ("thing 9", 3.0, 0),
        ("Éclair", 2.5, 4),
        ("eclat", 3.0, 2),
    ] {
        add(&admin, name, price, quantity).await;
    }
    let check = async |query: &str, expected: &[&str]| {
        for limit in [1, 2, 3, 100] {
            let path = format!("/api/products?{query}&");
            let found = walk(&shop.visitor(), &path, "products", "name", limit).await;
            assert_eq!(found, expected, "{query} {limit}");
        }
        let whole = shop.visitor().get(&format!("/api/products?{query}")).await;
        assert_eq!(names(&whole.expect(200).json()), expected, "{query}");
    };
    let newest = [
        "eclat",
        "éclair",
        "thing 9",
        "thing 10",
        "headphones",
        "laptop",
        "chair",
        "cutlery",
    ];
    check("sort=newest", &newest).await;
    let cheapest = [
        "éclair",
        "thing 10",
        "thing 9",
        "eclat",
        "cutlery",
        "chair",
        "headphones",
        "laptop",
    ];
    check("sort=price", &cheapest).await;
    check("sort=-price", &backwards(&cheapest)).await;
    let by_name = [
        "chair",
        "cutlery",
        "éclair",
        "eclat",
        "headphones",
        "laptop",
        "thing 9",
        "thing 10",
    ];
    check("sort=name", &by_name).await;
    check("sort=-name", &backwards(&by_name)).await;
    let many = ["éclair", "thing 10", "eclat"];
    check("q=many&in_stock=true&sort=price", &many).await;
    let kitchen = ["eclat", "éclair", "thing 10", "chair", "cutlery"];
    check("categoryName=kitchen&in_stock=true&sort=newest", &kitchen).await;
    check("in_stock=false&sort=name", &["thing 9"]).await;
    check("in_stock=false", &["thing 9"]).await;
}

#[tokio::test]
async fn given_prices_that_change_during_a_walk_by_price_when_walked_then_each_still_comes_once() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    let visitor = shop.visitor();
    for sort in ["price", "-price"] {
        for (name, price) in [
            ("cutlery", 10.0),
            ("chair", 20.0),
            ("laptop", 30.0),
            ("headphones", 40.0),
        ] {
            reprice(&admin, name, price).await;
        }
        let page = async |cursor: &str| {
            let path = format!("/api/products?sort={sort}&limit=1{cursor}");
            visitor.get(&path).await.expect(200).json()
        };
        let mut expected = vec!["cutlery", "chair", "laptop", "headphones"];
        if sort == "-price" {
            expected.reverse();
        }
        let first = page("").await;
        let mut walked = names(&first);
        // One that was shown goes to the end, others before the place where the walk is.
        reprice(
            &admin,
            expected[0],
            if sort == "price" { 99.0 } else { 1.0 },
        )
        .await;
        reprice(
            &admin,
            expected[1],
            if sort == "price" { 1.0 } else { 99.0 },
        )
        .await;
        reprice(&admin, expected[2], 50.0).await;
        let mut next = first["next_cursor"].clone();
        while let Some(cursor) = next.as_str() {
            let more = page(&format!("&cursor={cursor}")).await;
            walked.extend(names(&more));
            next = more["next_cursor"].clone();
            // And what has another price already gets yet another.
            reprice(&admin, expected[2], 5.0).await;
            reprice(
                &admin,
                expected[3],
                if sort == "price" { 2.0 } else { 98.0 },
            )
            .await;
        }
        assert_eq!(walked, expected, "{sort}");
        // A walk that begins now sees the prices of now.
        let now = walk(
            &visitor,
            &format!("/api/products?sort={sort}&"),
            "products",
            "name",
            3,
        )
        .await;
        assert_eq!(now[0], expected[1], "{sort}");
        assert_eq!(now[3], expected[0], "{sort}");
    }
}

#[tokio::test]
async fn given_many_admins_who_change_prices_when_walked_by_price_then_each_comes_once() {
    let shop = Shop::start().await;
    let admin = shop.admin().await;
    for index in 0..20 {
        add(&admin, &format!("thing-{index}"), 5.0 + f64::from(index), 1).await;
    }
    let visitor = shop.visitor();
    let change = async |own: u32| {
        for round in 0..10 {
            for index in (own..20).step_by(4) {
                let price = f64::from((index * 7 + round * 13) % 40 + 1);
                reprice(&admin, &format!("thing-{index}"), price).await;
            }
        }
    };
    let walks = async {
        for _ in 0..10 {
            for sort in ["price", "-price"] {
                let path = format!("/api/products?sort={sort}&");
                let mut walked = walk(&visitor, &path, "products", "name", 3).await;
                assert_eq!(walked.len(), 24, "{sort}: {walked:?}");
                walked.sort_unstable();
                walked.dedup();
                assert_eq!(walked.len(), 24, "{sort}: {walked:?}");
            }
        }
    };
    tokio::join!(walks, change(0), change(1), change(2), change(3));
}

#[tokio::test]
async fn given_an_order_that_there_is_none_of_when_asked_for_then_422() {
    let shop = Shop::start().await;
    let visitor = shop.visitor();
    for sort in [
        "",
        "x",
        "Price",
        "+price",
        "quantity",
        "%24where",
        "price,name",
    ] {
        visitor
            .get(&format!("/api/products?sort={sort}"))
            .await
            .names("sort");
    }
    for in_stock in ["", "1", "yes", "True"] {
        visitor
            .get(&format!("/api/products?in_stock={in_stock}"))
            .await
            .names("in_stock");
    }
    let cursor_in = async |sort: &str| {
        let page = visitor.get(&format!("/api/products?limit=1{sort}")).await;
        let page = page.expect(200).json();
        page["next_cursor"].as_str().expect("more").to_owned()
    };
    let listed = cursor_in("").await;
    for sort in SORTS {
        let cursor = cursor_in(&format!("&sort={sort}")).await;
        visitor
            .get(&format!("/api/products?sort={sort}&cursor={listed}"))
            .await
            .names("cursor");
        visitor
            .get(&format!("/api/products?cursor={cursor}"))
            .await
            .names("cursor");
    }
}

#[tokio::test]
async fn given_orders_when_walked_by_pages_then_each_comes_once_newest_first() {
    let shop = Shop::start().await;
    let buyer = shop.minted("walker@test.example", "user");
    let mut placed = Vec::new();
    for _ in 0..7 {
        placed.push(shop.place(&buyer, "cutlery", 1).await);
    }
    let all = buyer.get("/api/orders").await.expect(200).json();
    assert!(all.get("next_cursor").is_none());
    let listed: Vec<_> = all["orders"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|o| o["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(listed, placed, "the whole list is in the order of placing");
    placed.reverse();
    for limit in [1, 3, 7, 100] {
        assert_eq!(
            walk(&buyer, "/api/orders?", "orders", "id", limit).await,
            placed,
            "{limit}"
        );
    }
}

#[tokio::test]
async fn given_a_limit_or_cursor_that_is_none_when_asked_then_422() {
    let shop = Shop::start().await;
    let user = shop.user().await;
    for path in ["/api/products", "/api/orders"] {
        for limit in ["0", "-1", "101", "1.5", "x", "", "99999999999999999999"] {
            user.get(&format!("{path}?limit={limit}"))
                .await
                .names("limit");
        }
        for cursor in [
            "x",
            "%00",
            "AAAA",
            "%7B%22%24ne%22%3A1%7D",
            &"A".repeat(2_000),
        ] {
            user.get(&format!("{path}?limit=2&cursor={cursor}"))
                .await
                .names("cursor");
        }
    }
}
