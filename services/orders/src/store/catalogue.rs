//! The copy of the products, which follows what products tells.

use events::ProductState;
use mongo::decimal;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};

use super::bulk::{self, DUPLICATE_KEY, Failed};
use super::{Store, StoreError};

impl Store {
    /// Takes over `products`, each only if it is newer than what the copy has.
    pub async fn take_over(&self, products: &[&ProductState]) -> Result<(), StoreError> {
        let statements: Vec<Document> = products
            .iter()
            .map(|product| statement(product, true))
            .collect();
        let failed = bulk::update(&self.database, "products", &statements).await?;
        let hit = sort_out(&failed, products)?;
        if hit.is_empty() {
            return Ok(());
        }
        // The copy has the product, in a version that is not older, or that another replica put
        // in at the same moment and that may be older after all: an update cannot collide.
        let statements: Vec<Document> = hit
            .iter()
            .map(|product| statement(product, false))
            .collect();
        match bulk::update(&self.database, "products", &statements)
            .await?
            .first()
        {
            None => Ok(()),
            Some(failed) => Err(StoreError::Statement(failed.code)),
        }
    }
}

fn statement(product: &ProductState, upsert: bool) -> Document {
    // Versions count changes of one product; 2^63 of them do not happen.
    let version = i64::try_from(product.version).unwrap_or(i64::MAX);
    doc! {
        "q": { "_id": ObjectId::from_bytes(product.id.bytes()), "version": { "$lt": version } },
        "u": { "$set": {
            "name": product.name.as_str(),
            "price": decimal::from_hundredths(product.price.minor()),
            "quantity": i64::from(product.quantity.get()),
            "version": version,
        } },
        "upsert": upsert,
    }
}

/// The products that the copy has already; an error if anything else went wrong.
fn sort_out<'a>(
    failed: &[Failed],
    products: &[&'a ProductState],
) -> Result<Vec<&'a ProductState>, StoreError> {
    let mut hit = Vec::new();
    for failed in failed {
        if failed.code != DUPLICATE_KEY {
            tracing::error!(
                code = failed.code,
                "the copy of the products refused a product: {}",
                failed.errmsg
            );
            return Err(StoreError::Statement(failed.code));
        }
        let Some(product) = products.get(failed.index) else {
            continue;
        };
        if failed.key_pattern.contains_key("name") {
            // Names are unique in the catalogue, so the copy is of another catalogue. Waiting
            // would keep every other product back, too.
            tracing::error!(product = %product.id, name = %product.name, "the copy has a product of this name with another id; it stays as it is");
        } else {
            hit.push(*product);
        }
    }
    Ok(hit)
}
