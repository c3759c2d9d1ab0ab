//! The indexes of the collections.

use futures::TryStreamExt as _;
use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::options::IndexOptions;

use super::Store;
use crate::search;

impl Store {
    /// Creates the indexes, and with them the collections, which transactions need.
    pub(crate) async fn ensure_indexes(&self) -> Result<(), Error> {
        self.products.create_indexes(indexes_of_products()).await?;
        self.backfill_name_keys().await?;
        self.categories
            .create_index(index(doc! { "name": 1 }, Some(unique())))
            .await?;
        self.changes.create_indexes(indexes_of_changes()).await?;
        self.audit
            .create_index(index(doc! { "at": 1 }, None))
            .await?;
        self.outbox.ensure_indexes().await?;
        self.decisions
            .create_index(index(doc! { "placed_at": 1, "decided_at": 1 }, None))
            .await?;
        Ok(())
    }

    /// Adds the sort key by name to the products of an earlier release.
    async fn backfill_name_keys(&self) -> Result<(), Error> {
        let mut found = self
            .products
            .find(doc! { "name_key": { "$exists": false } })
            .await?;
        while let Some(product) = found.try_next().await? {
            let key = search::name_key(product.name.as_str());
            self.products
                .update_one(
                    doc! { "_id": product.id },
                    doc! { "$set": { "name_key": key } },
                )
                .await?;
        }
        Ok(())
    }
}

fn indexes_of_products() -> [IndexModel; 9] {
    let sold_out = IndexOptions::builder()
        .partial_filter_expression(doc! { "quantity": 0 })
        .build();
    [
        index(doc! { "name": 1 }, Some(unique())),
        index(doc! { "created_at": 1, "_id": 1 }, None),
        index(doc! { "categories": 1, "created_at": 1, "_id": 1 }, None),
        index(doc! { "words": 1 }, None),
        index(doc! { "price": 1, "_id": 1 }, None),
        index(doc! { "categories": 1, "price": 1, "_id": 1 }, None),
        index(doc! { "name_key": 1, "_id": 1 }, None),
        index(doc! { "categories": 1, "name_key": 1, "_id": 1 }, None),
        // Most products are in stock, so a scan finds them quickly. The stock changes with every
        // order, so only the products that are sold out are indexed by it.
        index(
            doc! { "quantity": 1, "name_key": 1, "_id": 1 },
            Some(sold_out),
        ),
    ]
}

fn indexes_of_changes() -> [IndexModel; 3] {
    let answered = IndexOptions::builder()
        .partial_filter_expression(doc! { "answer": { "$exists": true } })
        .build();
    let repriced = IndexOptions::builder()
        .partial_filter_expression(doc! { "repricing.number": { "$gt": 0 } })
        .unique(true)
        .build();
    [
        index(doc! { "product_id": 1, "version": 1 }, None),
        index(doc! { "repricing.number": 1 }, Some(repriced)),
        index(doc! { "at": 1 }, Some(answered)),
    ]
}

fn unique() -> IndexOptions {
    IndexOptions::builder().unique(true).build()
}

fn index(keys: Document, options: Option<IndexOptions>) -> IndexModel {
    let mut model = IndexModel::builder().keys(keys).build();
    model.options = options;
    model
}
