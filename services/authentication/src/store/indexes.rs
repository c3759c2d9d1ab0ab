//! The indexes of the collections.

use std::time::Duration;

use mongodb::IndexModel;
use mongodb::bson::doc;
use mongodb::options::IndexOptions;

use super::Store;

impl Store {
    /// Creates the indexes. Until then no account can be created.
    pub(crate) async fn ensure_indexes(&self) -> Result<(), mongodb::error::Error> {
        self.users.ensure_index().await?;
        self.sessions.create_index(expiry()).await?;
        self.sessions.create_index(newest_first()).await?;
        self.attempts.create_index(expiry()).await?;
        self.known_networks.create_index(expiry()).await?;
        Ok(())
    }
}

fn newest_first() -> IndexModel {
    IndexModel::builder()
        .keys(doc! { "user": 1, "ends_at_latest": -1 })
        .build()
}

/// A TTL index: MongoDB deletes a document about a minute after its `expires_at`.
fn expiry() -> IndexModel {
    let options = IndexOptions::builder().expire_after(Duration::ZERO).build();
    IndexModel::builder()
        .keys(doc! { "expires_at": 1 })
        .options(options)
        .build()
}
