//! Making orders and products consistent after a restore of one of them, or of both: the clocks of their
//! databases differ a little, and a decision may be in a message between them.
//!
//! A second run changes nothing.

mod comparison;
mod copies;
mod decisions;

use anyhow::Result;
use futures::TryStreamExt as _;
use mongodb::Database;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};

use self::comparison::{Comparison, Difference};
use crate::print_line;

/// The orders that are corrected together, and the lines of decisions: a transaction must end within three
/// seconds.
const BATCH: usize = 100;

/// Corrects all differences. No service may run.
pub(crate) async fn reconcile(products: &Database, orders: &Database) -> Result<()> {
    // Its messages would report what is corrected below. Everything is published again.
    let outbox = products.collection::<Document>("outbox");
    outbox.delete_many(doc! {}).await?;
    let archived_until = archived_until(products).await?;
    let mut differences = Comparison::start(products, orders).await?;
    let (mut reopened, mut withdrawn) = (0, 0);
    loop {
        let (mut undecided, mut unknown, mut lines) = (Vec::new(), Vec::new(), 0);
        while undecided.len() < BATCH && lines < BATCH {
            match differences.next().await? {
                None => break,
                // Its decision is archived.
                Some(Difference::NoDecision { placed_at, .. })
                    if archived_until.is_some_and(|until| placed_at <= until) => {}
                Some(
                    Difference::NoDecision { order, .. } | Difference::OtherDecision { order },
                ) => {
                    undecided.push(order);
                }
                Some(Difference::NoOrder { decision }) => {
                    lines += decision.lines.len().max(1);
                    unknown.push(decision);
                }
            }
        }
        if undecided.is_empty() && unknown.is_empty() {
            break;
        }
        reopened += undecided.len();
        withdrawn += unknown.len();
        reopen(orders, undecided).await?;
        decisions::withdraw(products, unknown).await?;
    }
    make_due(orders).await?;
    copies::replace(products, orders).await?;
    print_line(format_args!(
        "{reopened} orders are decided again; {withdrawn} decisions without an order are withdrawn"
    ));
    report_old(orders, archived_until).await
}

/// Decisions about orders that were placed until this time may be archived, see
/// docs/decisions/0025-an-archived-order-is-never-decided-again.md.
async fn archived_until(products: &Database) -> Result<Option<DateTime>> {
    let archive = products.collection::<Document>("archive");
    let found = archive.find_one(doc! { "_id": "decisions" }).await?;
    Ok(found
        .map(|archived| archived.get_datetime("placed_at").copied())
        .transpose()?)
}

/// Makes orders pending that products has not decided, or in another way.
async fn reopen(orders: &Database, ids: Vec<ObjectId>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let pending = doc! {
        "$set": { "status": "PENDING" },
        "$unset": { "decision": "", "changed_after": "" },
    };
    let orders = orders.collection::<Document>("orders");
    orders
        .update_many(doc! { "_id": { "$in": ids } }, pending)
        .await?;
    Ok(())
}

/// Lets the sweeper of orders publish all pending orders now. products decides them, or sends the
/// decision that it has.
async fn make_due(orders: &Database) -> Result<()> {
    // The sweeper takes the oldest first.
    let due = doc! { "$set": { "resend": { "at": "$created_at", "attempts": 0_i64 } } };
    let orders = orders.collection::<Document>("orders");
    orders
        .update_many(doc! { "status": "PENDING" }, vec![due])
        .await?;
    Ok(())
}

/// Reports pending orders that products will not decide because their decision may be archived.
async fn report_old(orders: &Database, archived_until: Option<DateTime>) -> Result<()> {
    let Some(until) = archived_until else {
        return Ok(());
    };
    let old = doc! { "status": "PENDING", "created_at": { "$lte": until } };
    let orders = orders.collection::<Document>("orders");
    let found = orders.find(old).projection(doc! { "_id": 1 }).await?;
    let ids: Vec<Document> = found.try_collect().await?;
    if !ids.is_empty() {
        print_line(format_args!(
            "{} pending orders are so old that their decision may be archived; products will not decide \
             them, and an operator must. The first is {:?}",
            ids.len(),
            ids[0].get("_id")
        ));
    }
    Ok(())
}
