//! The database: the only place that knows MongoDB.
//!
//! Products carry a version that grows by one with every change; each change is guarded by the
//! version it was computed from.

mod admin;
mod catalogue;
mod decisions;
mod documents;
mod seed;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use events::{CategoryName, Topics};
use futures::TryStreamExt as _;
use messaging::outbox::Outbox;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use mongodb::error::Error;
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, Collection, Database, IndexModel};

pub(crate) use admin::{Caller, ChangeRefused, CreateRefused};
pub(crate) use catalogue::{Cursor, Listing};
pub(crate) use decisions::Placed;
pub(crate) use service_kit::mongo::StoreError;

use documents::{Category, Decision, Product, Restock};

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
    /// Categories are only ever added, so what is known of them stays true.
    known_categories: Arc<RwLock<HashMap<ObjectId, CategoryName>>>,
}

impl Store {
    pub(crate) fn new(database: &Database, outbox: Outbox, topics: Topics) -> Self {
        Self {
            products: database.collection("products"),
            categories: database.collection("categories"),
            decisions: database.collection("orders"),
            restocks: database.collection("restocks"),
            known_categories: Arc::default(),
            database: database.clone(),
            outbox,
            topics: Arc::new(topics),
        }
    }

    /// Makes the indexes. Transactions need their collections to exist, which this sees to.
    pub(crate) async fn prepare(&self) -> Result<(), Error> {
        let unique = || Some(IndexOptions::builder().unique(true).build());
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
            ])
            .await?;
        self.categories
            .create_index(index(doc! { "name": 1 }, unique()))
            .await?;
        self.restocks
            .create_index(index(doc! { "product_id": 1, "version": 1 }, None))
            .await?;
        self.database
            .collection::<Decision>("outbox")
            .create_index(index(doc! { "created_at": 1 }, None))
            .await?;
        self.decisions
            .create_index(index(doc! { "decided_at": 1 }, None))
            .await?;
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
    ) -> Result<HashMap<ObjectId, CategoryName>, Error> {
        let known = || {
            self.known_categories
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        };
        let names = known();
        if ids.iter().all(|id| names.contains_key(id)) {
            return Ok(names);
        }
        let found: Vec<Category> = self.categories.find(doc! {}).await?.try_collect().await?;
        self.known_categories
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(
                found
                    .into_iter()
                    .map(|category| (category.id, category.name)),
            );
        Ok(known())
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
