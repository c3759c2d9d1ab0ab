//! The states of all products, for republishing.

use domain::ProductId;
use events::ProductState;
use mongo::{BACKGROUND_TIMEOUT, time_left};
use mongodb::bson::doc;

use super::Store;
use super::documents::object_id;
use crate::ports::{ProductStates, StoreError};

impl ProductStates for Store {
    async fn states_after(
        &self,
        last: Option<ProductId>,
        limit: usize,
    ) -> Result<Vec<ProductState>, StoreError> {
        let after = last.map_or_else(
            || doc! {},
            |last| doc! { "_id": { "$gt": object_id(last) } },
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let products = self.products.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            let mut found = products
                .find(after)
                .sort(doc! { "_id": 1 })
                .limit(limit)
                .max_time(time_left())
                .await?;
            let mut states = Vec::new();
            while found.advance().await? {
                states.push(found.deserialize_current()?.into_state()?);
            }
            Ok(states)
        })
        .await
    }
}
