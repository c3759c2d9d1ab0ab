//! Reading products as clients see them.

use domain::ProductName;
use mongo::time_left;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use mongodb::error::Error;

use super::Store;
use super::documents::{ListedProduct, Product};
use crate::catalogue::{self, VersionedProduct};
use crate::ports::StoreError;

impl Store {
    /// Returns the product with this name.
    pub(crate) async fn product(
        &self,
        name: &ProductName,
    ) -> Result<Option<VersionedProduct>, StoreError> {
        let by_name = doc! { "name": name.as_str() };
        self.run(|store| async move {
            let mut session = store.read_session().await?;
            let found = store.products.find_one(by_name).max_time(time_left());
            let found = found.session(&mut session).await?;
            store.freshness.record(session.operation_time());
            match found {
                Some(found) => Ok(Some(store.versioned_product(found).await?)),
                None => Ok(None),
            }
        })
        .await
    }

    pub(super) async fn versioned_product(
        &self,
        product: Product,
    ) -> Result<VersionedProduct, Error> {
        let names = self.names_of_categories(&product.categories).await?;
        product.into_versioned(&names)
    }

    pub(super) async fn catalogue_products(
        &self,
        products: Vec<ListedProduct>,
    ) -> Result<Vec<catalogue::Product>, Error> {
        let ids: Vec<ObjectId> = products
            .iter()
            .flat_map(|product| product.categories.iter().copied())
            .collect();
        let names = self.names_of_categories(&ids).await?;
        products
            .into_iter()
            .map(|product| product.into_product(&names))
            .collect()
    }
}
