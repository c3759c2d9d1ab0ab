//! Listing, adding and changing products.

use insta::assert_json_snapshot;
use serde_json::json;
use testkit::product;

use crate::support::{admin, start};

#[tokio::test]
async fn given_development_data_when_products_are_listed_then_each_has_all_its_fields() {
    let service = start().await;
    let list = service
        .client
        .get("/api/products?categoryName=kitchen")
        .await;
    assert_json_snapshot!(list.expect(200).json(), @r#"
    {
      "products": [
        {
          "name": "cutlery",
          "description": "An interesting set of cutlery",
          "price": 5.99,
          "quantity": 200,
          "categories": [
            "kitchen"
          ]
        },
        {
          "name": "chair",
          "description": "A comfortable armchair",
          "price": 29.99,
          "quantity": 30,
          "categories": [
            "furniture",
            "kitchen"
          ]
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn given_four_products_when_listed_in_pages_then_the_cursor_of_each_page_leads_to_the_next() {
    let service = start().await;
    let path = "/api/products?sort=price&limit=3";
    let first = service.client.get(path).await.expect(200);
    assert_json_snapshot!(first.json(), { ".next_cursor" => "[cursor]" }, @r#"
    {
      "products": [
        {
          "name": "cutlery",
          "description": "An interesting set of cutlery",
          "price": 5.99,
          "quantity": 200,
          "categories": [
            "kitchen"
          ]
        },
        {
          "name": "chair",
          "description": "A comfortable armchair",
          "price": 29.99,
          "quantity": 30,
          "categories": [
            "furniture",
            "kitchen"
          ]
        },
        {
          "name": "headphones",
          "description": "Wireless noise-cancelling headphones",
          "price": 99.99,
          "quantity": 1,
          "categories": [
            "electronics"
          ]
        }
      ],
      "next_cursor": "[cursor]"
    }
    "#);
    let path = format!("{path}&cursor={}", first.string("next_cursor"));
    let last = service.client.get(&path).await.expect(200);
    assert_json_snapshot!(last.json(), @r#"
    {
      "products": [
        {
          "name": "laptop",
          "description": "A powerful computing device",
          "price": 1299.99,
          "quantity": 1,
          "categories": [
            "electronics"
          ]
        }
      ],
      "next_cursor": null
    }
    "#);
}

#[tokio::test]
async fn given_a_new_product_when_added_then_it_is_returned_and_published() {
    let service = start().await;
    let body = product("Vase", 10.5, 3);
    let created = admin(&service).post("/api/products", &body).await;
    assert_json_snapshot!(created.expect(201).json(), @r#"
    {
      "name": "vase",
      "description": "A Vase for a test",
      "price": 10.5,
      "quantity": 3,
      "categories": [
        "kitchen"
      ]
    }
    "#);
    let event = service
        .event("products", |event| event["type"] == "ProductCreate")
        .await;
    assert_json_snapshot!(event, { ".product.id" => "[id]" }, @r#"
    {
      "type": "ProductCreate",
      "product": {
        "id": "[id]",
        "name": "vase",
        "price": 10.5,
        "quantity": 3,
        "version": 1
      }
    }
    "#);
}

#[tokio::test]
async fn given_a_product_when_changed_then_the_new_state_is_returned_and_published() {
    let service = start().await;
    let change = json!({ "price": 31.5, "add_quantity": -10 });
    let changed = admin(&service)
        .patch("/api/products?name=chair", &change)
        .await;
    assert_json_snapshot!(changed.expect(200).json(), @r#"
    {
      "name": "chair",
      "description": "A comfortable armchair",
      "price": 31.5,
      "quantity": 20,
      "categories": [
        "furniture",
        "kitchen"
      ]
    }
    "#);
    let event = service
        .event("products", |event| event["products"][0]["version"] == 2)
        .await;
    assert_json_snapshot!(event, @r#"
    {
      "type": "ProductsQuantityUpdate",
      "products": [
        {
          "id": "11fefe4a1cad4140785928a4",
          "name": "chair",
          "price": 31.5,
          "quantity": 20,
          "version": 2
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn given_invalid_requests_when_sent_then_each_problem_names_the_reason() {
    let service = start().await;
    let unknown = service.client.get("/api/products?name=sofa").await;
    assert_json_snapshot!(unknown.expect_problem(404), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/unknown-product",
      "title": "Not Found",
      "status": 404,
      "detail": "The requested product does not exist.",
      "instance": "[request id]"
    }
    "#);
    let too_low = json!({ "add_quantity": -31 });
    let too_low = admin(&service)
        .patch("/api/products?name=chair", &too_low)
        .await;
    assert_json_snapshot!(too_low.expect_problem(400), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/bad-request",
      "title": "Bad Request",
      "status": 400,
      "detail": "The stock cannot go below zero.",
      "instance": "[request id]"
    }
    "#);
    let existing = admin(&service)
        .post("/api/products", &product("chair", 1.0, 1))
        .await;
    assert_json_snapshot!(existing.expect_problem(400), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/product-exists",
      "title": "Bad Request",
      "status": 400,
      "detail": "Product already exists",
      "instance": "[request id]"
    }
    "#);
    let anonymous = service
        .client
        .post("/api/products", &product("vase", 1.0, 1))
        .await;
    assert_json_snapshot!(anonymous.expect_problem(401), { ".instance" => "[request id]" }, @r#"
    {
      "type": "/problems/no-token",
      "title": "Unauthorized",
      "status": 401,
      "detail": "You have no access to this resource!",
      "instance": "[request id]"
    }
    "#);
}
