//! Products as orders needs to know them.

use domain::ProductId;
use events::ProductState;
use mongo::BACKGROUND_TIMEOUT;
use mongodb::bson::doc;

use super::documents::object_id;
use super::{Store, StoreError};

impl Store {
    /// At most `most` products in the order of their ids, from the first one after `last`.
    pub(crate) async fn states_after(
        &self,
        last: Option<ProductId>,
        most: i64,
    ) -> Result<Vec<ProductState>, StoreError> {
        let after = last.map_or_else(
            || doc! {},
            |last| doc! { "_id": { "$gt": object_id(last) } },
        );
        let products = self.products.clone();
        mongo::with_timeout(BACKGROUND_TIMEOUT, async move {
            let mut found = products
                .find(after)
                .sort(doc! { "_id": 1 })
                .limit(most)
                .await?;
            let mut states = Vec::new();
            while found.advance().await? {
                states.push(found.deserialize_current()?.state()?);
            }
            Ok(states)
        })
        .await
    }
}
