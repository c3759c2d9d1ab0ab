//! The catalogue as admins change it.

use domain::{CategoryName, ProductId, ProductName};
use events::Message;
use jiff::Timestamp;
use messaging::outbox::Stored;
use mongo::commit;
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Decimal128, doc};
use mongodb::error::Error;

use super::Store;
use super::documents::{self, Category, Product, Repricing, stock_bson, version_to_i64};
use crate::catalogue::{CategoryId, ChangeId, VersionedProduct};
use crate::ports::{Catalogue, NewProduct, ProductChange, RecordedChange, StoreError};

/// An open transaction that has read a product.
pub(crate) struct ProductTransaction {
    session: ClientSession,
    before: Product,
}

impl Catalogue for Store {
    type Transaction = ProductTransaction;
    type Stored = Stored;

    fn new_product_id(&self) -> ProductId {
        ProductId::from_bytes(ObjectId::new().bytes())
    }

    async fn insert_category(&self, name: &CategoryName) -> Result<(), StoreError> {
        let category = Category {
            id: ObjectId::new(),
            name: name.clone(),
        };
        self.categories.insert_one(&category).await?;
        Ok(())
    }

    async fn category_ids(
        &self,
        names: &[CategoryName],
    ) -> Result<Option<Vec<CategoryId>>, StoreError> {
        let ids = self.ids_of_categories(names).await?;
        Ok(ids.map(|ids| ids.iter().map(|id| CategoryId(id.bytes())).collect()))
    }

    async fn insert_product(
        &self,
        product: &NewProduct,
        message: Message,
    ) -> Result<Stored, StoreError> {
        let mut session = self.transaction().await?;
        self.products
            .insert_one(Product::new(product))
            .session(&mut session)
            .await?;
        Ok(self
            .commit_with(session, message, product.created_at)
            .await?)
    }

    async fn recorded_change(&self, id: ChangeId) -> Result<Option<RecordedChange>, StoreError> {
        let by_id = doc! { "_id": ObjectId::from_bytes(id.0) };
        let found = self.changes.find_one(by_id).await?;
        Ok(found.map(documents::ProductChange::into_record))
    }

    async fn load_product(
        &self,
        name: &ProductName,
    ) -> Result<Option<(ProductTransaction, VersionedProduct)>, StoreError> {
        let mut session = self.transaction().await?;
        let found = self
            .products
            .find_one(doc! { "name": name.as_str() })
            .session(&mut session)
            .await?;
        let Some(before) = found else {
            return Ok(None);
        };
        let product = self.versioned_product(before.clone()).await?;
        Ok(Some((ProductTransaction { session, before }, product)))
    }

    async fn commit_change(
        &self,
        ProductTransaction {
            mut session,
            before,
        }: ProductTransaction,
        change: ProductChange,
        message: Message,
    ) -> Result<Stored, StoreError> {
        let repricing = if before.price()? == change.product.price {
            None
        } else {
            Some(self.next_repricing(before.price, &mut session).await?)
        };
        self.update_product(&before, &change, &mut session).await?;
        let at = change.at;
        let document = documents::ProductChange::new(before.id, change, repricing);
        self.changes
            .insert_one(document)
            .session(&mut session)
            .await?;
        Ok(self.commit_with(session, message, at).await?)
    }
}

impl Store {
    /// Numbers a price change. Of two concurrent ones, one has a conflict and is retried.
    async fn next_repricing(
        &self,
        former_price: Decimal128,
        session: &mut ClientSession,
    ) -> Result<Repricing, Error> {
        Ok(Repricing {
            number: self.last_repricing(session).await? + 1,
            former_price,
        })
    }

    async fn update_product(
        &self,
        before: &Product,
        change: &ProductChange,
        session: &mut ClientSession,
    ) -> Result<(), Error> {
        let product = &change.product;
        let mut update = doc! {
            "description": product.description.as_str(),
            "price": documents::price(product.price),
            "quantity": stock_bson(product.quantity),
            "version": version_to_i64(change.version),
            "words": Product::words(&product.name, &product.description),
        };
        if let Some(categories) = &change.categories {
            update.insert("categories", documents::category_object_ids(categories));
        }
        self.products
            .update_one(
                doc! { "_id": before.id, "version": before.version },
                doc! { "$set": update },
            )
            .session(session)
            .await?;
        Ok(())
    }

    async fn commit_with(
        &self,
        mut session: ClientSession,
        message: Message,
        now: Timestamp,
    ) -> Result<Stored, Error> {
        let stored = self.outbox.store(&mut session, vec![message], now).await?;
        commit(&mut session).await?;
        Ok(stored)
    }
}
