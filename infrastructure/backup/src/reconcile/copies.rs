//! The product copy of orders.

use anyhow::Result;
use futures::{StreamExt as _, TryStreamExt as _};
use mongodb::Database;
use mongodb::bson::{Document, doc};

const BATCH: usize = 1000;

/// Replaces the copy: it may be newer than the products, and orders only accepts newer versions.
pub(super) async fn replace(products: &Database, orders: &Database) -> Result<()> {
    let copies = orders.collection::<Document>("products");
    copies.delete_many(doc! {}).await?;
    let quantity = doc! { "$toLong": "$quantity" };
    let fields = doc! { "name": 1, "price": 1, "quantity": quantity, "version": 1 };
    let source = products.collection::<Document>("products");
    let all = source.find(doc! {});
    let mut all = all.projection(fields).await?.try_chunks(BATCH).boxed();
    while let Some(some) = all.try_next().await? {
        copies.insert_many(some).await?;
    }
    Ok(())
}
