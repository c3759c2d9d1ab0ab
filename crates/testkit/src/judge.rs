//! The judge: what must hold of a shop at rest, read from its databases and topics.

mod databases;
mod events;

use std::time::Duration;

use databases::Databases;
pub use databases::number;

use crate::{Shop, eventually};

/// By when a shop must be at rest after its last fault (invariant I11).
const AT_REST_WITHIN: Duration = Duration::from_secs(30);

/// What a test has done to a shop, as far as it knows.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The ids of the orders whose placing was answered 201.
    pub acknowledged: Vec<String>,
    /// How many calls to place an order had no answer, or none that tells: each may have become one.
    pub unknown: usize,
    /// How many messages were sent that nobody can read.
    pub poison: usize,
}

impl Ledger {
    /// What is known when every order was answered with one of these ids.
    pub fn of(acknowledged: Vec<String>) -> Self {
        Self {
            acknowledged,
            ..Self::default()
        }
    }

    /// The same with so many messages that nobody can read.
    #[must_use]
    pub fn with_poison(self, poison: usize) -> Self {
        Self { poison, ..self }
    }
}

impl Shop {
    /// Waits until the shop is at rest, and fails unless the invariants hold then. The products that
    /// count are the seeded ones and those that [`Shop::stock`] has put there.
    pub async fn judge(&self, ledger: &Ledger) {
        eventually(
            "the shop is at rest and right",
            AT_REST_WITHIN,
            async || self.verdict(ledger).await,
        )
        .await;
    }

    /// What is wrong with the shop now, if something is.
    pub async fn verdict(&self, ledger: &Ledger) -> Result<(), String> {
        self.is_at_rest().await?;
        let databases = Databases::read(self)
            .await
            .map_err(|error| error.to_string())?;
        let mut broken = databases.broken(ledger);
        broken.extend(databases.stock_broken(&self.stocked()));
        broken.extend(self.events_broken(&databases, ledger).await);
        let shown: Vec<_> = broken.iter().take(20).map(String::as_str).collect();
        if broken.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{} things are wrong:\n{}",
            broken.len(),
            shown.join("\n")
        ))
    }

    /// A cheap look, so that the whole is read only when it may be right.
    async fn is_at_rest(&self) -> Result<(), String> {
        let count = async |kind: &str, collection: &str, filter| {
            let collection = self.store(kind).collection::<bson::Document>(collection);
            collection
                .count_documents(filter)
                .await
                .map_err(|error| error.to_string())
        };
        let pending = count("orders", "orders", bson::doc! { "status": "PENDING" }).await?;
        let outbox = count("products", "outbox", bson::doc! {}).await?
            + count("orders", "outbox", bson::doc! {}).await?;
        if pending + outbox > 0 {
            let groups = (
                self.describe_group("products").await,
                self.describe_group("orders").await,
            );
            return Err(format!(
                "{pending} orders are PENDING, {outbox} documents are in the outbox; {}; {}",
                groups.0, groups.1
            ));
        }
        Ok(())
    }

    /// Fails unless, in one snapshot of the products' database, every piece is accounted for (I4, I5).
    pub async fn judge_stock_now(&self) {
        let databases = Databases::read(self)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let broken = databases.stock_broken(&self.stocked());
        assert!(broken.is_empty(), "in a snapshot: {broken:?}");
    }
}
