//! Reading all products of a selection.

use std::ops::ControlFlow;

use mongo::time_left;
use mongodb::options::ReadConcern;

use super::Store;
use super::documents::ListedProduct;
use super::listing::{all_of, order};
use crate::catalogue::Product;
use crate::listing::Selection;
use crate::ports::ListError;

/// How many products the database returns at once.
const BATCH_SIZE: u32 = 200;

impl Store {
    /// Passes all products of a selection, as of one moment, to `write` with `written`, until it
    /// breaks. Returns `written`. Only a batch of the products is in memory.
    pub(crate) async fn read_all<W: Send + 'static>(
        &self,
        selection: Selection,
        mut written: W,
        write: impl Fn(&mut W, &Product) -> ControlFlow<()> + Send + 'static,
    ) -> Result<W, ListError> {
        self.run(|store| async move {
            let filter = store.filter(&selection).await?;
            let mut session = store
                .database
                .client()
                .start_session()
                .snapshot(true)
                .await?;
            let mut found = store
                .listed
                .find(all_of(filter))
                .projection(ListedProduct::projection())
                .sort(order(selection.sort))
                .batch_size(BATCH_SIZE)
                .read_concern(ReadConcern::snapshot())
                .max_time(time_left())
                .session(&mut session)
                .await?;
            let time = session.snapshot_time();
            if !time.is_some_and(|time| store.freshness.is_met_by(time)) {
                return Err(ListError::OlderState);
            }
            let mut names = store.names_of_categories(&[]).await?;
            let mut are_current = false;
            while found.advance(&mut session).await? {
                let product = found.deserialize_current()?;
                let mut categories = product.categories.iter();
                if !are_current && !categories.all(|id| names.contains_key(id)) {
                    names = store.names_of_categories(&product.categories).await?;
                    are_current = true;
                }
                if write(&mut written, &product.into_product(&names)?).is_break() {
                    break;
                }
            }
            store.freshness.record(time);
            Ok(written)
        })
        .await
    }
}
