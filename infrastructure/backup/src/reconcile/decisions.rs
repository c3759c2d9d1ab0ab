//! Withdrawing decisions about orders that do not exist.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Document, doc};
use mongodb::options::ReturnDocument;
use mongodb::{ClientSession, Database};

use super::comparison::Decision;

/// Returns the stock that the decisions took, and removes them, in one transaction.
pub(super) async fn withdraw(products: &Database, decisions: Vec<Decision>) -> Result<()> {
    if decisions.is_empty() {
        return Ok(());
    }
    let mut taken: BTreeMap<ObjectId, i64> = BTreeMap::new();
    let accepted = decisions.iter().filter(|decision| decision.took_stock());
    for line in accepted.flat_map(|decision| &decision.lines) {
        *taken.entry(line.product_id).or_default() += i64::from(line.quantity);
    }
    let ids: Vec<ObjectId> = decisions.iter().map(|decision| decision.id).collect();
    let mut session = mongo::begin(products).await?;
    for (product, quantity) in taken {
        return_stock(products, &mut session, product, quantity).await?;
    }
    let decisions = products.collection::<Document>("orders");
    decisions
        .delete_many(doc! { "_id": { "$in": ids } })
        .session(&mut session)
        .await?;
    mongo::commit(&mut session).await?;
    Ok(())
}

async fn return_stock(
    products: &Database,
    session: &mut ClientSession,
    product: ObjectId,
    quantity: i64,
) -> Result<()> {
    let more = doc! { "$inc": { "quantity": quantity, "version": 1_i64 } };
    let changed = products
        .collection::<Document>("products")
        .find_one_and_update(doc! { "_id": product }, more)
        .return_document(ReturnDocument::After)
        .session(&mut *session)
        .await?;
    let changed =
        changed.with_context(|| format!("the decided product {product} does not exist"))?;
    // Records the new version. The stock is what the remaining decisions left, so nothing is added to it.
    let change = doc! {
        "product_id": product,
        "delta": 0_i64,
        "version": changed.get_i64("version")?,
        "at": DateTime::now(),
    };
    let restocks = products.collection::<Document>("restocks");
    restocks.insert_one(change).session(session).await?;
    Ok(())
}
