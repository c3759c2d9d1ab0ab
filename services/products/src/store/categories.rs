//! Categories: their names and ids.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use domain::CategoryName;
use futures::TryStreamExt as _;
use mongo::time_left;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;

use super::Store;
use super::documents::Category;
use crate::ports::StoreError;

impl Store {
    /// Returns all categories in the order of creation.
    pub(crate) async fn all_categories(&self) -> Result<Vec<CategoryName>, StoreError> {
        self.run(|store| async move {
            let all = store.find_categories(doc! {}).await?;
            Ok(all.into_iter().map(|category| category.name).collect())
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
        let all = self.find_categories(doc! {}).await?;
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
        let found = self
            .find_categories(doc! { "name": { "$in": wanted } })
            .await?;
        let id_of = |name: &CategoryName| {
            found
                .iter()
                .find(|category| category.name == *name)
                .map(|category| category.id)
        };
        Ok(names.iter().map(id_of).collect())
    }

    /// Returns the categories that match `filter`, in the order of creation.
    async fn find_categories(&self, filter: Document) -> Result<Vec<Category>, Error> {
        let mut session = self.read_session().await?;
        let mut found = self
            .categories
            .find(filter)
            .sort(doc! { "_id": 1 })
            .max_time(time_left())
            .session(&mut session)
            .await?;
        let found = found.stream(&mut session).try_collect().await?;
        self.freshness.record(session.operation_time());
        Ok(found)
    }
}
