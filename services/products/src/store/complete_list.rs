//! Reading all products of a selection.

use std::time::Duration;

use mongo::time_left;
use mongodb::options::ReadConcern;
use mongodb::{ClientSession, SessionCursor};

use super::Store;
use super::documents::ListedProduct;
use super::listing::{all_of, order};
use crate::listing::Selection;
use crate::ports::{ListError, ListWriter};

/// How many products the database returns at once.
const BATCH_SIZE: u32 = 200;
/// The delay before a snapshot that is too old is replaced.
const RETRY_DELAY: Duration = Duration::from_millis(50);

impl Store {
    /// Passes all products of a selection, as of one moment, to `writer`, until it breaks. Returns
    /// `writer`. Only a batch of the products is in memory.
    pub(crate) async fn read_all<W: ListWriter>(
        &self,
        selection: Selection,
        mut writer: W,
    ) -> Result<W, ListError> {
        self.run(|store| async move {
            let (mut found, mut session) = store.snapshot(&selection).await?;
            let mut names = store.names_of_categories(&[]).await?;
            while found.advance(&mut session).await? {
                let product = found.deserialize_current()?;
                let mut categories = product.categories.iter();
                if !categories.all(|id| names.contains_key(id)) {
                    names = store.names_of_categories(&product.categories).await?;
                }
                let product = product.into_product(&names)?;
                if writer.write(&product).await.is_break() {
                    break;
                }
            }
            Ok(writer)
        })
        .await
    }

    /// Begins to read a selection from a snapshot that includes everything that this process returned
    /// or committed before. A snapshot session cannot ask the server for that.
    async fn snapshot(
        &self,
        selection: &Selection,
    ) -> Result<(SessionCursor<ListedProduct>, ClientSession), ListError> {
        let filter = all_of(self.filter(selection).await?);
        // Before the reads: what others return meanwhile may be newer than the snapshot.
        let newest = self.freshness.newest();
        loop {
            let client = self.database.client();
            let mut session = client.start_session().snapshot(true).await?;
            let found = self
                .listed
                .find(filter.clone())
                .projection(ListedProduct::projection())
                .sort(order(selection.sort))
                .batch_size(BATCH_SIZE)
                .read_concern(ReadConcern::snapshot())
                .max_time(time_left())
                .session(&mut session)
                .await?;
            let time = session.snapshot_time();
            if time >= newest {
                self.freshness.record(time);
                return Ok((found, session));
            }
            if time_left() <= RETRY_DELAY {
                return Err(ListError::OlderState);
            }
            tokio::time::sleep(RETRY_DELAY).await;
        }
    }
}
