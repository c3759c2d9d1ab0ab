//! The indexes of the collections.

use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::options::IndexOptions;

use super::Store;
use super::documents::PENDING;

/// The orders of each buyer.
pub(super) const LIST_INDEX: &str = "client_email_1_created_at_1__id_1";
/// The pending orders of each buyer.
pub(super) const PENDING_OF_BUYER_INDEX: &str = "pending_of_buyer";
/// The pending orders by the time at which they are due again.
pub(super) const PENDING_INDEX: &str = "resend.at_1";
/// Of these, those that no sweeper has published.
pub(super) const UNSENT_INDEX: &str = "unsent";
/// The status changes of each buyer's orders.
pub(super) const HISTORY_INDEX: &str = "history";

impl Store {
    /// Creates the indexes that are missing.
    pub(crate) async fn ensure_indexes(&self) -> Result<(), Error> {
        let lists = index(
            doc! { "client_email": 1, "created_at": 1, "_id": 1 },
            IndexOptions::builder().name(LIST_INDEX.to_owned()).build(),
        );
        let pending_of_buyer = index(
            doc! { "client_email": 1 },
            partial(PENDING_OF_BUYER_INDEX, doc! { "status": PENDING }),
        );
        let by_due_time = |name, orders| index(doc! { "resend.at": 1 }, partial(name, orders));
        let pending = by_due_time(PENDING_INDEX, doc! { "status": PENDING });
        let unsent = doc! { "status": PENDING, "resend.attempts": { "$lt": 1 } };
        let changed = doc! { "changed_after": { "$exists": true } };
        let history = index(
            doc! { "client_email": 1, "changed_after": 1, "_id": 1 },
            partial(HISTORY_INDEX, changed),
        );
        let unsent = by_due_time(UNSENT_INDEX, unsent);
        let orders = [lists, pending_of_buyer, pending, unsent, history];
        self.orders.create_indexes(orders).await?;
        let unique = IndexOptions::builder().unique(true).build();
        self.products
            .create_index(index(doc! { "name": 1 }, unique))
            .await?;
        Ok(())
    }
}

fn partial(name: &str, documents: Document) -> IndexOptions {
    IndexOptions::builder()
        .name(name.to_owned())
        .partial_filter_expression(documents)
        .build()
}

fn index(keys: Document, options: IndexOptions) -> IndexModel {
    IndexModel::builder().keys(keys).options(options).build()
}
