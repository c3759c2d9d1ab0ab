//! The catalogue as admins change it.

use domain::{CategoryName, ProductId, ProductName};
use events::Message;
use messaging::outbox::Stored;
use mongo::{commit, time_left};
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Decimal128, doc};
use mongodb::error::Error;

use super::documents::{self, Audit, Category, PriceChange, Product, stock_bson, version_to_i64};
use super::{Store, commit_within};
use crate::catalogue::{CategoryId, ChangeId, VersionedProduct};
use crate::ports::{Catalogue, NewCategory, NewProduct, ProductChange, RecordedChange, StoreError};

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

    async fn insert_category(&self, category: &NewCategory) -> Result<(), StoreError> {
        let store = self.clone();
        let audit = Audit::new(&category.audit, None, category.created_at);
        let category = Category {
            id: ObjectId::new(),
            name: category.name.clone(),
        };
        commit_within(self.timeout, async move {
            let mut session = store.transaction().await?;
            store
                .categories
                .insert_one(&category)
                .session(&mut session)
                .await?;
            store.insert_audit(audit, &mut session).await?;
            store.finish(session).await
        })
        .await
    }

    async fn category_ids(
        &self,
        names: &[CategoryName],
    ) -> Result<Option<Vec<CategoryId>>, StoreError> {
        let names = names.to_vec();
        let ids = self
            .run(|store| async move { Ok::<_, StoreError>(store.ids_of_categories(&names).await?) })
            .await?;
        Ok(ids.map(|ids| ids.iter().map(|id| CategoryId(id.bytes())).collect()))
    }

    async fn insert_product(
        &self,
        product: &NewProduct,
        message: Message,
    ) -> Result<Stored, StoreError> {
        let store = self.clone();
        let document = Product::new(product);
        let audit = Audit::new(&product.audit, Some(1), product.created_at);
        commit_within(self.timeout, async move {
            let mut session = store.transaction().await?;
            store
                .products
                .insert_one(document)
                .session(&mut session)
                .await?;
            store.insert_audit(audit, &mut session).await?;
            store.commit_with(session, vec![message]).await
        })
        .await
    }

    async fn recorded_change(&self, id: ChangeId) -> Result<Option<RecordedChange>, StoreError> {
        let by_id = doc! { "_id": ObjectId::from_bytes(id.0) };
        let found = self
            .run(|store| async move {
                let found = store.changes.find_one(by_id).max_time(time_left());
                Ok::<_, StoreError>(found.await?)
            })
            .await?;
        Ok(found.map(documents::ProductChange::into_record))
    }

    async fn load_product(
        &self,
        name: &ProductName,
    ) -> Result<Option<(ProductTransaction, VersionedProduct)>, StoreError> {
        let by_name = doc! { "name": name.as_str() };
        self.run(|store| async move {
            let mut session = store.transaction().await?;
            let found = store.products.find_one(by_name).max_time(time_left());
            let Some(before) = found.session(&mut session).await? else {
                commit(&mut session).await?;
                return Ok(None);
            };
            let product = store.versioned_product(before.clone()).await?;
            Ok(Some((ProductTransaction { session, before }, product)))
        })
        .await
    }

    async fn commit_unchanged(
        &self,
        ProductTransaction { mut session, .. }: ProductTransaction,
    ) -> Result<(), StoreError> {
        self.run(|_| async move { Ok(commit(&mut session).await?) })
            .await
    }

    async fn commit_change(
        &self,
        ProductTransaction {
            mut session,
            before,
        }: ProductTransaction,
        change: ProductChange,
        messages: Vec<Message>,
    ) -> Result<Stored, StoreError> {
        let store = self.clone();
        commit_within(self.timeout, async move {
            let price_change = if before.price()? == change.product.price {
                None
            } else {
                Some(store.next_price_change(before.price, &mut session).await?)
            };
            store.update_product(&before, &change, &mut session).await?;
            let audit = Audit::new(&change.audit, Some(change.version), change.at);
            store.insert_audit(audit, &mut session).await?;
            let document = documents::ProductChange::new(before.id, change, price_change);
            store
                .changes
                .insert_one(document)
                .session(&mut session)
                .await?;
            store.commit_with(session, messages).await
        })
        .await
    }
}

impl Store {
    /// Numbers a price change. Of two concurrent ones, one has a conflict and is retried.
    async fn next_price_change(
        &self,
        former_price: Decimal128,
        session: &mut ClientSession,
    ) -> Result<PriceChange, Error> {
        Ok(PriceChange {
            number: self.last_price_change(session).await? + 1,
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

    async fn insert_audit(&self, audit: Audit, session: &mut ClientSession) -> Result<(), Error> {
        self.audit.insert_one(audit).session(session).await?;
        Ok(())
    }

    async fn commit_with(
        &self,
        mut session: ClientSession,
        messages: Vec<Message>,
    ) -> Result<Stored, StoreError> {
        let stored = self.outbox.store(&mut session, messages).await?;
        self.finish(session).await?;
        Ok(stored)
    }

    async fn finish(&self, mut session: ClientSession) -> Result<(), StoreError> {
        commit(&mut session).await?;
        self.freshness.record(session.operation_time());
        Ok(())
    }
}
