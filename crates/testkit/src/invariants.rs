//! The invariant checker: what must hold of an idle shop, read from its databases and topics.

mod databases;
mod events;
mod expectations;

use std::time::Duration;

use bson::doc;
use databases::Databases;

pub use databases::integer;
pub use expectations::Expectations;

use crate::eventually::eventually_within;
use crate::shop::Shop;

/// Time limit for a shop to become idle after the last fault.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many violations an error message lists.
const MAX_LISTED: usize = 20;

impl Shop {
    /// Waits until the shop is idle and all invariants hold; panics with the violations otherwise.
    /// The stock of the development data and of products from [`Shop::add_product`] is checked.
    pub async fn check_invariants(&self, expectations: &Expectations) {
        eventually_within(
            IDLE_TIMEOUT,
            "the shop is idle and its invariants hold",
            async || self.find_violations(expectations).await,
        )
        .await;
    }

    /// Checks the invariants now. The error lists what is still in progress, or the violations.
    pub async fn find_violations(&self, expectations: &Expectations) -> Result<(), String> {
        self.check_idle().await?;
        let databases = Databases::read(self)
            .await
            .map_err(|error| error.to_string())?;
        let mut violations = databases.violations(expectations);
        violations.extend(databases.stock_violations(&self.added_products()));
        violations.extend(events::violations(self, &databases, expectations).await);
        if violations.is_empty() {
            return Ok(());
        }
        let count = violations.len();
        violations.truncate(MAX_LISTED);
        Err(format!("{count} violations:\n{}", violations.join("\n")))
    }

    /// A cheap check before everything is read.
    async fn check_idle(&self) -> Result<(), String> {
        let pending = self.count_pending().await?;
        let mut unpublished = 0;
        for service in ["products", "orders"] {
            let outbox = self.collection(service, "outbox");
            let count = outbox.count_documents(doc! {}).await;
            unpublished += count.map_err(|error| error.to_string())?;
        }
        if pending + unpublished == 0 {
            return Ok(());
        }
        Err(format!(
            "{pending} orders are pending, the outbox has {unpublished} documents; {}; {}",
            self.describe_group("products").await,
            self.describe_group("orders").await
        ))
    }

    /// Panics unless the stock is exact and not negative in a snapshot of the products database, taken
    /// while the shop is busy.
    pub async fn check_stock_invariants(&self) {
        let databases = Databases::read(self)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let violations = databases.stock_violations(&self.added_products());
        assert!(violations.is_empty(), "in a snapshot: {violations:?}");
    }
}
