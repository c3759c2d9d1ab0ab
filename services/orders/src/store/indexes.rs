//! The indexes of the collections.

use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::options::IndexOptions;

use super::Store;
use super::documents::PENDING;

impl Store {
    /// Creates the indexes that are missing.
    pub(crate) async fn ensure_indexes(&self) -> Result<(), Error> {
        let lists = index(
            doc! { "client_email": 1, "created_at": 1, "_id": 1 },
            IndexOptions::default(),
        );
        let pending = IndexOptions::builder()
            .partial_filter_expression(doc! { "status": PENDING })
            .build();
        self.orders
            .create_indexes([lists, index(doc! { "resend.at": 1 }, pending)])
            .await?;
        let unique = IndexOptions::builder().unique(true).build();
        self.products
            .create_index(index(doc! { "name": 1 }, unique))
            .await?;
        Ok(())
    }
}

fn index(keys: Document, options: IndexOptions) -> IndexModel {
    IndexModel::builder().keys(keys).options(options).build()
}
