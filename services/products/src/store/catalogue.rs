//! Reading the catalogue: one product, the categories.

use domain::{CategoryName, ProductName};
use futures::TryStreamExt as _;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use mongodb::error::Error;

use super::documents::{Category, Product};
use super::{Store, StoreError};
use crate::catalogue;

/// A product and its version.
pub(crate) struct Versioned {
    pub(crate) product: catalogue::Product,
    pub(crate) id: [u8; 12],
    pub(crate) version: u64,
}

impl Store {
    /// The product of this name.
    pub(crate) async fn product(
        &self,
        name: &ProductName,
    ) -> Result<Option<Versioned>, StoreError> {
        let Some(found) = self
            .products
            .find_one(doc! { "name": name.as_str() })
            .await?
        else {
            return Ok(None);
        };
        let (id, version) = (found.id.bytes(), found.version());
        let product = self.shown(vec![found]).await?.pop();
        Ok(product.map(|product| Versioned {
            product,
            id,
            version,
        }))
    }

    /// All categories, in the order of creation.
    pub(crate) async fn categories(&self) -> Result<Vec<CategoryName>, StoreError> {
        let found: Vec<Category> = self
            .categories
            .find(doc! {})
            .sort(doc! { "_id": 1 })
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(|category| category.name).collect())
    }

    pub(super) async fn shown(
        &self,
        products: Vec<Product>,
    ) -> Result<Vec<catalogue::Product>, Error> {
        let ids: Vec<ObjectId> = products
            .iter()
            .flat_map(|product| product.categories.iter().copied())
            .collect();
        let names = self.category_names(&ids).await?;
        products
            .into_iter()
            .map(|product| {
                let categories = product
                    .categories
                    .iter()
                    .filter_map(|id| names.get(id).cloned())
                    .collect();
                product.shown(categories)
            })
            .collect()
    }
}
