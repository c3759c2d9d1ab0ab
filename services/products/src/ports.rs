//! The ports of the use cases: what they need from the database, the broker and the clock.
//!
//! The use cases are generic over these traits. [`crate::store`] implements those of the database,
//! [`crate::publisher`] those of the broker.

use std::collections::HashMap;

use domain::{CategoryName, OrderId, ProductId, ProductName};
use events::{Message, ProductState};
use jiff::Timestamp;
pub(crate) use runtime::clock::Clock;
use runtime::lifecycle::Failure;

use crate::audit::AuditRecord;
use crate::catalogue::{CategoryId, ChangeId, Product, VersionedProduct};
use crate::stock::{BatchOutcome, Order, Outcome, Products};

/// Why a database operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Another transaction changed the same documents, and this one had no effect.
    #[error("another transaction changed the same documents")]
    Conflict(#[source] Failure),
    /// A unique index already contains a value.
    #[error("a unique index contains the value already")]
    Duplicate(#[source] Failure),
    /// The database refused the documents themselves, or they cannot be read: a transaction is too
    /// large, for instance. A retry with the same documents cannot succeed.
    #[error("the database refused the documents")]
    Refused(#[source] Failure),
    /// The transaction may have been committed or not.
    #[error("the result of a commit is unknown")]
    UnknownCommit(#[source] Failure),
    /// The database is unreachable or did not respond within the timeout.
    #[error("the database is unavailable")]
    Unavailable(#[source] Failure),
    /// Any other failure; a retry does not help.
    #[error("the database operation failed")]
    Other(#[source] Failure),
}

impl StoreError {
    /// Whether a later attempt can succeed.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Conflict(_) | Self::UnknownCommit(_) | Self::Unavailable(_)
        )
    }
}

/// Why a list was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    #[error("the category does not exist")]
    UnknownCategory,
    #[error("too many prices have changed since the first page")]
    ExpiredCursor,
    /// The server is no longer the primary, or has just become it. A retry can succeed.
    #[error("the database has an older state than one that was returned before")]
    OlderState,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The decisions and the stock, read and written in one transaction per batch.
pub(crate) trait Ledger: Send + Sync + 'static {
    /// An open transaction.
    type Transaction: Send;
    /// Committed messages, for the [`Publisher`].
    type Stored: Send;

    /// Begins a transaction, and reads the earlier decisions about `orders` and the products of
    /// the others.
    fn load(
        &self,
        orders: &[Order],
    ) -> impl Future<Output = Result<Loaded<Self::Transaction>, StoreError>> + Send;

    /// Writes `effects` and commits. [`StoreError::Conflict`] if a product has another version than
    /// the one that was loaded.
    fn commit(
        &self,
        transaction: Self::Transaction,
        effects: Effects,
    ) -> impl Future<Output = Result<Self::Stored, StoreError>> + Send;

    /// Ends a transaction without an effect.
    fn abort(
        &self,
        transaction: Self::Transaction,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// An open transaction and what it read.
pub(crate) struct Loaded<T> {
    pub(crate) transaction: T,
    pub(crate) decided: HashMap<OrderId, EarlierDecision>,
    pub(crate) products: Products,
}

/// A decision that was committed earlier.
pub(crate) struct EarlierDecision {
    pub(crate) outcome: Outcome,
    pub(crate) decided_at: Timestamp,
}

/// The effects of a batch.
pub(crate) struct Effects {
    pub(crate) outcome: BatchOutcome,
    pub(crate) messages: Vec<Message>,
    /// In whole milliseconds.
    pub(crate) decided_at: Timestamp,
}

/// The products and categories, as admins change them.
pub(crate) trait Catalogue: Send + Sync {
    /// An open transaction that has read a product.
    type Transaction: Send;
    /// Committed messages, for the [`Publisher`].
    type Stored: Send;

    /// Returns an id that no product has.
    fn new_product_id(&self) -> ProductId;

    /// Adds a category. [`StoreError::Duplicate`] if it exists.
    fn insert_category(
        &self,
        category: &NewCategory,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Returns the ids of categories in the order of `names`, or `None` if one does not exist.
    fn category_ids(
        &self,
        names: &[CategoryName],
    ) -> impl Future<Output = Result<Option<Vec<CategoryId>>, StoreError>> + Send;

    /// Adds a product and its message. [`StoreError::Duplicate`] if its name exists.
    fn insert_product(
        &self,
        product: &NewProduct,
        message: Message,
    ) -> impl Future<Output = Result<Self::Stored, StoreError>> + Send;

    /// Returns the stored record of the change with this id.
    fn recorded_change(
        &self,
        id: ChangeId,
    ) -> impl Future<Output = Result<Option<RecordedChange>, StoreError>> + Send;

    /// Begins a transaction and reads a product.
    fn load_product(
        &self,
        name: &ProductName,
    ) -> impl Future<Output = Result<Option<(Self::Transaction, VersionedProduct)>, StoreError>> + Send;

    /// Writes a change and its messages, and commits. [`StoreError::Duplicate`] if a change with the
    /// same id exists.
    fn commit_change(
        &self,
        transaction: Self::Transaction,
        change: ProductChange,
        messages: Vec<Message>,
    ) -> impl Future<Output = Result<Self::Stored, StoreError>> + Send;
}

/// A category to be added.
pub(crate) struct NewCategory {
    pub(crate) name: CategoryName,
    pub(crate) created_at: Timestamp,
    pub(crate) audit: AuditRecord,
}

/// A product to be added.
pub(crate) struct NewProduct {
    pub(crate) id: ProductId,
    pub(crate) product: Product,
    pub(crate) categories: Vec<CategoryId>,
    pub(crate) created_at: Timestamp,
    pub(crate) audit: AuditRecord,
}

/// An admin's change of a product.
pub(crate) struct ProductChange {
    /// The product after the change.
    pub(crate) product: Product,
    /// The version after the change.
    pub(crate) version: u64,
    /// The new categories, if they change.
    pub(crate) categories: Option<Vec<CategoryId>>,
    /// Units added or, if negative, removed.
    pub(crate) delta: i64,
    pub(crate) at: Timestamp,
    pub(crate) audit: AuditRecord,
    /// Present if the request has an idempotency key.
    pub(crate) record: Option<(ChangeId, RecordedChange)>,
}

/// A request and its response, stored with a change to recognise a repeat.
pub(crate) struct RecordedChange {
    /// See [`crate::changing`].
    pub(crate) request: String,
    /// Opaque to the store.
    pub(crate) response: String,
}

/// The states of all products, page by page.
pub(crate) trait ProductStates: Send + Sync {
    /// Returns at most `limit` products in the order of their ids, after the id `last`.
    fn states_after(
        &self,
        last: Option<ProductId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ProductState>, StoreError>> + Send;
}

/// The sending end of the outbox.
pub(crate) trait Publisher: Send + Sync + 'static {
    /// Committed messages, from [`Ledger`] or [`Catalogue`].
    type Stored: Send;

    /// Sends committed messages without waiting for their acknowledgement. Waits while too many are
    /// being sent.
    fn publish(&self, stored: Self::Stored) -> impl Future<Output = ()> + Send;

    /// Sends committed messages, or leaves them to the outbox's sweeper while too many are being
    /// sent.
    fn try_publish(&self, stored: Self::Stored);

    /// Sends messages that are not in the outbox, or drops them while too many are being sent.
    fn publish_unrecorded(&self, messages: Vec<Message>);
}

/// The direct way to the broker.
pub(crate) trait MessageSender: Send + Sync {
    /// Sends messages; returns whether the broker acknowledged all of them.
    fn send(&self, messages: &[Message]) -> impl Future<Output = bool> + Send;
}
