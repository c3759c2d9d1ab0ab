//! The ports of the use cases: what they need from the database, the broker and the clock.
//!
//! The use cases are generic over these traits. [`crate::store`] implements those of the database,
//! [`crate::publisher`] those of the broker.
//!
//! A transaction may read what is not durable yet and can be lost. Its commit waits until it is
//! durable, also if the transaction wrote nothing. So nothing that was read in a transaction leaves
//! the service before its commit.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use domain::{CategoryName, OrderId, ProductId, ProductName};
use events::{Message, OrderStatus, ProductState, Reason};
use jiff::Timestamp;
pub(crate) use runtime::clock::Clock;
use runtime::lifecycle::Failure;
use sha2::{Digest as _, Sha256};

use crate::audit::AuditRecord;
use crate::catalogue::{CategoryId, ChangeId, Product, VersionedProduct};
use crate::stock::{BatchOutcome, Order, Products};

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

/// Takes the products of a list one after the other.
pub(crate) trait ListWriter: Send + 'static {
    /// Writes the next product. Breaks if it takes no more.
    fn write(&mut self, product: &Product) -> impl Future<Output = ControlFlow<()>> + Send;
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

    /// Writes `effects`, which may be empty, and commits. [`StoreError::Conflict`] if a product has
    /// another version than the one that was loaded.
    fn commit(
        &self,
        transaction: Self::Transaction,
        effects: Effects,
    ) -> impl Future<Output = Result<Self::Stored, StoreError>> + Send;
}

/// An open transaction and what it read, which may not be durable before the commit.
pub(crate) struct Loaded<T> {
    pub(crate) transaction: T,
    /// No decision about an order that was placed later is in the archive. `None` if nothing is.
    pub(crate) archived_until: Option<Timestamp>,
    pub(crate) decided: HashMap<OrderId, EarlierDecision>,
    pub(crate) products: Products,
}

/// A decision that was committed earlier, perhaps by a later release in a way that this one does not
/// know.
pub(crate) struct EarlierDecision {
    pub(crate) status: OrderStatus,
    pub(crate) reason: Option<Reason>,
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

    /// Adds a category. [`StoreError::Duplicate`] if it exists, perhaps not durably.
    fn insert_category(
        &self,
        category: &NewCategory,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Returns the ids of categories in the order of `names`, or `None` if one does not exist. All of
    /// them are durable.
    fn category_ids(
        &self,
        names: &[CategoryName],
    ) -> impl Future<Output = Result<Option<Vec<CategoryId>>, StoreError>> + Send;

    /// Adds a product and its message. [`StoreError::Duplicate`] if its name exists, perhaps not
    /// durably.
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

    /// Begins a transaction and reads a product. `None` is durable: the transaction is committed.
    fn load_product(
        &self,
        name: &ProductName,
    ) -> impl Future<Output = Result<Option<(Self::Transaction, VersionedProduct)>, StoreError>> + Send;

    /// Commits a transaction without a change. After that, what it read is durable.
    fn commit_unchanged(
        &self,
        transaction: Self::Transaction,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

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
    pub(crate) record: Option<(ChangeId, NewRecord)>,
}

/// A request and its response, to be stored with the change.
pub(crate) struct NewRecord {
    /// The fingerprint of the request, see [`crate::changing`].
    pub(crate) fingerprint: String,
    /// Opaque to the store.
    pub(crate) response: String,
}

/// The request and the response that are stored with a change.
pub(crate) struct RecordedChange {
    /// `None` if the change has no idempotency key.
    pub(crate) request: Option<RecordedRequest>,
    /// `None` if it was archived.
    pub(crate) response: Option<String>,
}

/// The request of a change.
pub(crate) enum RecordedRequest {
    /// The fingerprint of the request.
    Fingerprint(String),
    /// The digest of the fingerprint, after it was archived.
    Digest(String),
}

impl RecordedRequest {
    /// Whether a request with this fingerprint is the recorded one.
    pub(crate) fn is(&self, fingerprint: &str) -> bool {
        match self {
            Self::Fingerprint(recorded) => recorded == fingerprint,
            Self::Digest(recorded) => *recorded == Self::digest_of(fingerprint),
        }
    }

    /// The digest of a fingerprint.
    pub(crate) fn digest_of(fingerprint: &str) -> String {
        hex::encode(Sha256::digest(fingerprint))
    }
}

/// What is old enough to be archived: decisions and the recorded responses of changes.
pub(crate) trait Archive: Send + Sync {
    /// Deletes at most `limit` decisions that are older than `age` at `now`, and by the database's
    /// clock, and whose order's placing has a time. Before that it records the last of these times
    /// durably, which [`Loaded::archived_until`] returns from then on. Returns the number of deleted
    /// decisions.
    fn archive_decisions(
        &self,
        now: Timestamp,
        age: Duration,
        limit: usize,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// Replaces the request and the response of at most `limit` changes that are older than `age` at
    /// `now` by the digest of the request. Returns the number of these changes.
    fn archive_responses(
        &self,
        now: Timestamp,
        age: Duration,
        limit: usize,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;
}

/// A running copy of the service. It gets a new id at every start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replica(pub(crate) [u8; 12]);

/// A round of republishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    /// The last product that was published; `None` at the beginning.
    pub(crate) last: Option<ProductId>,
}

/// The states of all products, and the round of republishing, which continues after a restart.
pub(crate) trait Republication: Send + Sync {
    /// Gives or renews the lease: for `duration`, `replica` is the only one that publishes. `None` if
    /// another replica has it.
    fn take_lease(
        &self,
        replica: Replica,
        duration: Duration,
    ) -> impl Future<Output = Result<Option<Round>, StoreError>> + Send;

    /// Records that the products up to `last` are published; `None` begins a new round. Without the
    /// lease it does nothing.
    fn advance(
        &self,
        replica: Replica,
        last: Option<ProductId>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Returns about how many products there are.
    fn product_count(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

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
