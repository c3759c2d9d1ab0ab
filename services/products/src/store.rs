//! The database: the only place that knows MongoDB.
//!
//! Products carry a version that grows by one with every change; each change is guarded by the
//! version it was computed from.

mod admin;
mod catalogue;
mod decisions;
mod documents;
mod listing;
mod seed;
mod states;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::CategoryName;
use events::Topics;
use futures::TryStreamExt as _;
use messaging::outbox::Outbox;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use mongodb::error::Error;
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, Collection, Database, IndexModel};

pub(crate) use admin::{Author, ChangeRefused, CreateRefused};
pub(crate) use decisions::{MOST_IN_A_MESSAGE, Placed};
pub(crate) use listing::{Key, Listing, Place};
pub(crate) use mongo::StoreError;

use documents::{Category, Decision, Product, Restock};

use crate::search;

/// How much longer than others a change is waited for: what a killed process left behind keeps it
/// out until the server ends it.
const CONFLICTS: Duration = Duration::from_secs(5);

/// The service's collections. Clones share them.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    products: Collection<Product>,
    categories: Collection<Category>,
    decisions: Collection<Decision>,
    restocks: Collection<Restock>,
    outbox: Outbox,
    topics: Arc<Topics>,
    patience: Duration,
    /// Categories are only ever added, so what is known of them stays true.
    known_categories: Arc<RwLock<Arc<HashMap<ObjectId, CategoryName>>>>,
}

impl Store {
    /// The store in `database`, which a call waits for at most for `patience`.
    pub(crate) fn new(
        database: &Database,
        outbox: Outbox,
        topics: Topics,
        patience: Duration,
    ) -> Self {
        Self {
            products: database.collection("products"),
            categories: database.collection("categories"),
            decisions: database.collection("orders"),
            restocks: database.collection("restocks"),
            known_categories: Arc::default(),
            database: database.clone(),
            outbox,
            topics: Arc::new(topics),
            patience,
        }
    }

    /// Asks for something, and waits for it as long as the patience lasts.
    pub(crate) async fn ask<T, E, F>(&self, what: impl FnOnce(Self) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        mongo::with_timeout(self.patience, what(self.clone())).await
    }

    /// The same for a change, which may have to wait for others' transactions.
    pub(crate) async fn ask_to_change<T, E, F>(&self, what: impl FnOnce(Self) -> F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        mongo::with_timeout(self.patience + CONFLICTS, what(self.clone())).await
    }

    /// Makes the indexes. Transactions need their collections to exist, which this sees to.
    pub(crate) async fn prepare(&self) -> Result<(), Error> {
        let unique = || Some(IndexOptions::builder().unique(true).build());
        let sold_out = IndexOptions::builder()
            .partial_filter_expression(doc! { "quantity": 0 })
            .build();
        let repriced = IndexOptions::builder()
            .partial_filter_expression(doc! { "repricing.number": { "$gt": 0 } })
            .unique(true)
            .build();
        let index = |keys, options: Option<IndexOptions>| {
            let mut model = IndexModel::builder().keys(keys).build();
            model.options = options;
            model
        };
        self.products
            .create_indexes([
                index(doc! { "name": 1 }, unique()),
                index(doc! { "created_at": 1, "_id": 1 }, None),
                index(doc! { "categories": 1, "created_at": 1, "_id": 1 }, None),
                index(doc! { "words": 1 }, None),
                index(doc! { "price": 1, "_id": 1 }, None),
                index(doc! { "categories": 1, "price": 1, "_id": 1 }, None),
                index(doc! { "name_key": 1, "_id": 1 }, None),
                index(doc! { "categories": 1, "name_key": 1, "_id": 1 }, None),
                // What is in stock is most, and found on the way. The stock changes with every
                // order, so no index holds it but for what is sold out.
                index(
                    doc! { "quantity": 1, "name_key": 1, "_id": 1 },
                    Some(sold_out),
                ),
            ])
            .await?;
        self.name_those_without_key().await?;
        self.categories
            .create_index(index(doc! { "name": 1 }, unique()))
            .await?;
        self.restocks
            .create_indexes([
                index(doc! { "product_id": 1, "version": 1 }, None),
                index(doc! { "repricing.number": 1 }, Some(repriced)),
            ])
            .await?;
        self.outbox.ensure_indexes().await?;
        self.decisions
            .create_index(index(doc! { "decided_at": 1 }, None))
            .await?;
        Ok(())
    }

    /// Products of an earlier release, which did not sort by name.
    async fn name_those_without_key(&self) -> Result<(), Error> {
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

    async fn transaction(&self) -> Result<ClientSession, Error> {
        let mut session = self.database.client().start_session().await?;
        session.start_transaction().await?;
        Ok(session)
    }

    /// The names of categories by their ids; asks the database only for ids it has not met.
    async fn category_names(
        &self,
        ids: &[ObjectId],
    ) -> Result<Arc<HashMap<ObjectId, CategoryName>>, Error> {
        let known = Arc::clone(
            &self
                .known_categories
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if ids.iter().all(|id| known.contains_key(id)) {
            return Ok(known);
        }
        let found: Vec<Category> = self.categories.find(doc! {}).await?.try_collect().await?;
        let all = found
            .into_iter()
            .map(|category| (category.id, category.name));
        let all: Arc<HashMap<ObjectId, CategoryName>> = Arc::new(all.collect());
        let mut known = self
            .known_categories
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *known = Arc::clone(&all);
        Ok(all)
    }

    /// The ids of categories by their names, in the same order; `None` if one does not exist.
    async fn category_ids(&self, names: &[CategoryName]) -> Result<Option<Vec<ObjectId>>, Error> {
        let wanted: Vec<&str> = names.iter().map(CategoryName::as_str).collect();
        let found: Vec<Category> = self
            .categories
            .find(doc! { "name": { "$in": wanted } })
            .await?
            .try_collect()
            .await?;
        let id_of = |name: &CategoryName| {
            found
                .iter()
                .find(|category| category.name == *name)
                .map(|category| category.id)
        };
        Ok(names.iter().map(id_of).collect())
    }
}
