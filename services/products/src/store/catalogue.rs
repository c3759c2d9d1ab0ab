//! Reading the catalogue.

use events::{CategoryName, ProductName};
use futures::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::error::Error;

use super::documents::{Category, Product};
use super::{Store, StoreError};
use crate::catalogue;

/// What is listed: all, or what fits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    /// Only this category.
    pub(crate) category: Option<CategoryName>,
    /// Only what has, for each of these, a word that begins with it.
    pub(crate) words: Option<Vec<String>>,
    /// Only what comes after this place.
    pub(crate) after: Option<Cursor>,
    /// At most so many.
    pub(crate) limit: Option<u32>,
}

/// A place in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Milliseconds since 1970.
    pub(crate) created_at: i64,
    pub(crate) id: [u8; 12],
}

/// A product and its version.
pub(crate) struct Versioned {
    pub(crate) product: catalogue::Product,
    pub(crate) id: [u8; 12],
    pub(crate) version: u64,
}

/// A page, and where the next one begins.
pub(crate) struct Page {
    pub(crate) products: Vec<catalogue::Product>,
    pub(crate) next: Option<Cursor>,
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

    /// The products that fit; `None` if the category does not exist.
    pub(crate) async fn products(&self, listing: &Listing) -> Result<Option<Page>, StoreError> {
        let mut filter = filter(listing);
        if let Some(category) = &listing.category {
            let Some(ids) = self.category_ids(std::slice::from_ref(category)).await? else {
                return Ok(None);
            };
            filter.insert("categories", ids[0]);
        }
        let mut find = self
            .products
            .find(filter)
            .sort(doc! { "created_at": 1, "_id": 1 });
        if let Some(limit) = listing.limit {
            // One more tells whether there is another page.
            find = find.limit(i64::from(limit) + 1);
        }
        let mut found: Vec<Product> = find.await?.try_collect().await?;
        let mut next = None;
        if let Some(limit) = listing.limit.and_then(|limit| usize::try_from(limit).ok())
            && found.len() > limit
        {
            found.truncate(limit);
            next = found.last().map(|last| Cursor {
                created_at: last.created_at.timestamp_millis(),
                id: last.id.bytes(),
            });
        }
        Ok(Some(Page {
            products: self.shown(found).await?,
            next,
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

    async fn shown(&self, products: Vec<Product>) -> Result<Vec<catalogue::Product>, Error> {
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

fn filter(listing: &Listing) -> Document {
    let mut all: Vec<Bson> = Vec::new();
    for word in listing.words.iter().flatten() {
        // A range of strings, not a pattern: nothing in a word has a meaning here.
        let end = format!("{word}{}", char::MAX);
        all.push(doc! { "words": { "$elemMatch": { "$gte": word, "$lt": end } } }.into());
    }
    if let Some(after) = listing.after {
        let created_at = DateTime::from_millis(after.created_at);
        all.push(
            doc! { "$or": [
                { "created_at": { "$gt": created_at } },
                { "created_at": created_at, "_id": { "$gt": ObjectId::from_bytes(after.id) } },
            ] }
            .into(),
        );
    }
    if all.is_empty() {
        doc! {}
    } else {
        doc! { "$and": all }
    }
}
