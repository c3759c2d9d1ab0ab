//! Categories: their names and ids.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use domain::CategoryName;
use futures::TryStreamExt as _;
use mongo::time_left;
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use mongodb::error::Error;

use super::Store;
use super::documents::Category;
use crate::ports::StoreError;

impl Store {
    /// Returns all categories in the order of creation.
    pub(crate) async fn all_categories(&self) -> Result<Vec<CategoryName>, StoreError> {
        self.run(|store| async move {
            let mut session = store.read_session().await?;
            let all = store.categories.find(doc! {}).sort(doc! { "_id": 1 });
            let all = all.max_time(time_left()).session(&mut session);
            let mut all = all.await?;
            let names = all.stream(&mut session).map_ok(|category| category.name);
            let names = names.try_collect().await?;
            store.freshness.record(session.operation_time());
            Ok(names)
        })
        .await
    }

    /// Returns the names of categories by their ids. Reads the database only if the cache lacks one
    /// of `ids`.
    pub(super) async fn names_of_categories(
        &self,
        ids: &[ObjectId],
    ) -> Result<Arc<HashMap<ObjectId, CategoryName>>, Error> {
        let cached = Arc::clone(
            &self
                .category_names
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if ids.iter().all(|id| cached.contains_key(id)) {
            return Ok(cached);
        }
        let all = self.categories.find(doc! {}).max_time(time_left()).await?;
        let all: Vec<Category> = all.try_collect().await?;
        let names = all.into_iter().map(|category| (category.id, category.name));
        let names: Arc<HashMap<ObjectId, CategoryName>> = Arc::new(names.collect());
        let mut cache = self
            .category_names
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *cache = Arc::clone(&names);
        Ok(names)
    }

    /// Returns the ids of categories in the order of `names`, or `None` if one does not exist.
    pub(super) async fn ids_of_categories(
        &self,
        names: &[CategoryName],
    ) -> Result<Option<Vec<ObjectId>>, Error> {
        let wanted: Vec<&str> = names.iter().map(CategoryName::as_str).collect();
        let found: Vec<Category> = self
            .categories
            .find(doc! { "name": { "$in": wanted } })
            .max_time(time_left())
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
