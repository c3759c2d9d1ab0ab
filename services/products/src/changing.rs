//! Changing the catalogue: adds products and categories, changes products and restocks them. Each
//! change is recorded in the audit.

use std::slice;
use std::time::{Duration, Instant};

use domain::{CategoryName, Email, ProductName};
use events::ProductState;
use jiff::Timestamp;
use serde::Serialize;

use crate::audit::AuditRecord;
use crate::catalogue::{Change, ChangeId, Product, RuleError, VersionedProduct};
use crate::deciding::conflict_backoff;
use crate::messages::Messages;
use crate::ports::{
    Catalogue, Clock, NewCategory, NewProduct, NewRecord, ProductChange, Publisher, RecordedChange,
    StoreError,
};

/// How long a change is retried after conflicts with decisions, or with the transaction of a killed
/// process, which stays open until the server aborts it.
pub(crate) const CONFLICT_TIMEOUT: Duration = Duration::from_secs(5);

/// Adds and changes products and categories, for admins.
#[derive(Clone)]
pub(crate) struct CatalogueEditor<S, P, C> {
    pub(crate) catalogue: S,
    pub(crate) publisher: P,
    pub(crate) clock: C,
    pub(crate) messages: Messages,
}

/// A request to change a product.
pub(crate) struct ChangeRequest {
    pub(crate) admin: Email,
    pub(crate) name: ProductName,
    pub(crate) change: Change,
    /// The id of the change, if the request has an idempotency key; the same for every repeat.
    pub(crate) id: Option<ChangeId>,
    pub(crate) traceparent: Option<String>,
}

/// Why a product or a category was not created.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateError {
    #[error("the name exists already")]
    Exists,
    #[error("a category does not exist")]
    UnknownCategory,
    #[error(transparent)]
    Store(StoreError),
}

/// Why a product was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("the product does not exist")]
    UnknownProduct,
    #[error("a category does not exist")]
    UnknownCategory,
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error("the idempotency key belongs to another change")]
    KeyReused,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<StoreError> for CreateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate(_) => Self::Exists,
            error => Self::Store(error),
        }
    }
}

impl<S, P, C> CatalogueEditor<S, P, C>
where
    S: Catalogue,
    P: Publisher<Stored = S::Stored>,
    C: Clock,
{
    /// Adds a category.
    pub(crate) async fn create_category(
        &self,
        admin: &Email,
        name: &CategoryName,
    ) -> Result<(), CreateError> {
        let new = NewCategory {
            name: name.clone(),
            created_at: self.clock.now(),
            audit: AuditRecord::category_created(admin, name),
        };
        let insert = || async {
            match self.catalogue.insert_category(&new).await {
                // The other category is not durable, or is lost.
                Err(StoreError::Duplicate(cause))
                    if self
                        .catalogue
                        .category_ids(slice::from_ref(name))
                        .await?
                        .is_none() =>
                {
                    Err(StoreError::Conflict(cause))
                }
                result => result,
            }
        };
        self.with_retries(insert).await?;
        new.audit.log();
        Ok(())
    }

    /// Adds a product and publishes it.
    pub(crate) async fn create_product(
        &self,
        admin: &Email,
        product: Product,
        traceparent: Option<String>,
    ) -> Result<Product, CreateError> {
        let now = self.clock.now();
        let categories = self
            .catalogue
            .category_ids(&product.categories)
            .await?
            .ok_or(CreateError::UnknownCategory)?;
        let new = NewProduct {
            id: self.catalogue.new_product_id(),
            audit: AuditRecord::product_created(admin, &product),
            product,
            categories,
            created_at: now,
        };
        let state = state(&VersionedProduct {
            id: new.id,
            version: 1,
            product: new.product.clone(),
        });
        let message = self.messages.product_created(state, now, traceparent);
        let insert = || async {
            match self.catalogue.insert_product(&new, message.clone()).await {
                // The other product was not durable and is lost.
                Err(StoreError::Duplicate(cause))
                    if self.product(&new.product.name).await?.is_none() =>
                {
                    Err(StoreError::Conflict(cause))
                }
                result => result,
            }
        };
        let stored = self.with_retries(insert).await?;
        self.publisher.try_publish(stored);
        new.audit.log();
        Ok(new.product)
    }

    /// Repeats `insert` after conflicts.
    async fn with_retries<T, F>(&self, insert: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut attempts = Attempts::begin(&self.clock);
        loop {
            match insert().await {
                Err(error) if is_transient(&error) && attempts.can_retry() => {
                    attempts.back_off().await;
                }
                result => return result,
            }
        }
    }

    /// Returns the product with this name, which is durable.
    async fn product(&self, name: &ProductName) -> Result<Option<VersionedProduct>, StoreError> {
        let Some((transaction, product)) = self.catalogue.load_product(name).await? else {
            return Ok(None);
        };
        self.catalogue.commit_unchanged(transaction).await?;
        Ok(Some(product))
    }

    /// Changes a product and publishes it. Returns the product as `render` formats it; a repeated
    /// request has no effect and returns the text of the first one.
    pub(crate) async fn change_product(
        &self,
        request: &ChangeRequest,
        render: impl Fn(&Product) -> String + Send + Sync,
    ) -> Result<String, ChangeError> {
        let now = self.clock.now();
        let fingerprint = fingerprint(&request.name, &request.change);
        let mut attempts = Attempts::begin(&self.clock);
        loop {
            if let Some(id) = request.id
                && let Some(earlier) = self.catalogue.recorded_change(id).await?
            {
                return self.repeat(request, earlier, &fingerprint, &render).await;
            }
            match self.try_change(request, now, &fingerprint, &render).await {
                Err(ChangeError::Store(error))
                    if (is_transient(&error) || matches!(error, StoreError::Duplicate(_)))
                        && attempts.can_retry() =>
                {
                    attempts.back_off().await;
                }
                result => return result,
            }
        }
    }

    /// The response to a repeated request: that of the first one, or the product as it is now if that
    /// response was archived.
    async fn repeat(
        &self,
        request: &ChangeRequest,
        earlier: RecordedChange,
        fingerprint: &str,
        render: impl Fn(&Product) -> String + Send + Sync,
    ) -> Result<String, ChangeError> {
        if !earlier
            .request
            .is_some_and(|request| request.is(fingerprint))
        {
            return Err(ChangeError::KeyReused);
        }
        if let Some(response) = earlier.response {
            return Ok(response);
        }
        let product = self.product(&request.name).await?;
        let product = product.ok_or(ChangeError::UnknownProduct)?;
        Ok(render(&product.product))
    }

    async fn try_change(
        &self,
        request: &ChangeRequest,
        now: Timestamp,
        fingerprint: &str,
        render: impl Fn(&Product) -> String + Send + Sync,
    ) -> Result<String, ChangeError> {
        let change = &request.change;
        let categories = match &change.categories {
            Some(names) => {
                let ids = self.catalogue.category_ids(names).await?;
                Some(ids.ok_or(ChangeError::UnknownCategory)?)
            }
            None => None,
        };
        let loaded = self.catalogue.load_product(&request.name).await?;
        let (transaction, mut product) = loaded.ok_or(ChangeError::UnknownProduct)?;
        let before = product.product.clone();
        if let Err(broken) = product.apply(change) {
            self.catalogue.commit_unchanged(transaction).await?;
            return Err(broken.into());
        }
        let audit = AuditRecord::product_changed(&request.admin, &before, &product.product);
        let response = render(&product.product);
        let traceparent = request.traceparent.as_deref();
        let messages = self
            .messages
            .products_changed(&[state(&product)], now, traceparent);
        let record = request.id.map(|id| {
            let record = NewRecord {
                fingerprint: fingerprint.to_owned(),
                response: response.clone(),
            };
            (id, record)
        });
        let change = ProductChange {
            version: product.version,
            product: product.product,
            categories,
            delta: change.add_quantity,
            at: now,
            audit: audit.clone(),
            record,
        };
        let committed = self.catalogue.commit_change(transaction, change, messages);
        self.publisher.try_publish(committed.await?);
        audit.log();
        Ok(response)
    }
}

/// The attempts of a change that meets conflicts.
struct Attempts<'a, C> {
    clock: &'a C,
    failed: u32,
    deadline: Instant,
}

impl<'a, C: Clock> Attempts<'a, C> {
    fn begin(clock: &'a C) -> Self {
        Self {
            clock,
            failed: 0,
            deadline: clock.instant() + CONFLICT_TIMEOUT,
        }
    }

    fn can_retry(&self) -> bool {
        self.clock.instant() < self.deadline
    }

    async fn back_off(&mut self) {
        self.failed += 1;
        self.clock.sleep(conflict_backoff(self.failed)).await;
    }
}

/// Whether the transaction had no effect and can be retried.
fn is_transient(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict(_) | StoreError::Unavailable(_))
}

fn state(product: &VersionedProduct) -> ProductState {
    ProductState {
        id: product.id,
        name: product.product.name.clone(),
        price: product.product.price,
        quantity: product.product.quantity,
        version: product.version,
    }
}

/// Returns the request in the form that is stored: equal for equal changes, in every release.
fn fingerprint(product: &ProductName, change: &Change) -> String {
    #[derive(Serialize)]
    struct Fingerprint<'a> {
        product: &'a ProductName,
        change: &'a Change,
    }
    // Strings and finite numbers always serialise.
    serde_json::to_string(&Fingerprint { product, change }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::{Description, Money};

    use super::*;

    #[test]
    fn given_a_change_when_its_fingerprint_is_computed_then_it_has_the_stored_form() {
        let check = |change: Change, expected: &str| {
            let product = ProductName::parse(" Chair ").expect("a name");
            assert_eq!(
                fingerprint(&product, &change),
                format!(r#"{{"product":"chair","change":{expected}}}"#)
            );
        };
        let restock = Change {
            add_quantity: 5,
            ..Change::default()
        };
        check(restock, r#"{"add_quantity":5}"#);
        let everything = Change {
            description: Description::parse("Soft ").ok(),
            price: Money::from_minor(3150).ok(),
            categories: CategoryName::parse("Kitchen").ok().map(|name| vec![name]),
            add_quantity: -1,
        };
        check(
            everything,
            r#"{"description":"Soft","price":31.50,"categories":["kitchen"],"add_quantity":-1}"#,
        );
    }
}
