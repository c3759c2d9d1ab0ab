//! Listing products by price: see [`crate::listing`] for how pages stay consistent.

use std::cmp::Reverse;
use std::collections::HashMap;

use domain::ProductId;
use futures::TryStreamExt as _;
use mongo::{commit, decimal};
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Decimal128, Document, doc};
use mongodb::error::Error;

use super::Store;
use super::documents::{Product, ProductChange, invalid_price, object_id};
use super::listing::{after_cursor, all_of, is_descending, limit_of_query, order, truncate};
use crate::listing::{Cursor, ListRequest, SortKey};

type FormerPrices = HashMap<ObjectId, Decimal128>;

impl Store {
    /// Returns a page in the order of the prices that were valid at price change `as_of`. The database
    /// sorts the products whose price is the same today; the others are read by their ids and take
    /// the places of their former prices.
    pub(super) async fn by_price(
        &self,
        filter: Vec<Document>,
        request: &ListRequest,
    ) -> Result<(Vec<Product>, Option<Cursor>), Error> {
        // One snapshot, so that each price change is visible completely or not at all.
        let mut session = self.transaction().await?;
        let as_of = match &request.after {
            Some(Cursor {
                key: SortKey::Price { as_of, .. },
                ..
            }) => *as_of,
            _ => self.last_price_change(&mut session).await?,
        };
        let former = self.former_prices(as_of, &mut session).await?;
        let repriced: Vec<ObjectId> = former.keys().copied().collect();
        let mut found = self
            .with_same_price(filter.clone(), request, &repriced, &mut session)
            .await?;
        if !repriced.is_empty() {
            let mut condition = filter;
            condition.push(doc! { "_id": { "$in": &repriced } });
            let find = self.products.find(all_of(condition));
            let mut cursor = find.session(&mut session).await?;
            found.extend(cursor.stream(&mut session).try_collect::<Vec<_>>().await?);
        }
        commit(&mut session).await?;
        page_by_former_price(found, &former, as_of, request)
    }

    async fn with_same_price(
        &self,
        mut filter: Vec<Document>,
        request: &ListRequest,
        repriced: &[ObjectId],
        session: &mut ClientSession,
    ) -> Result<Vec<Product>, Error> {
        filter.extend(after_cursor(request));
        if !repriced.is_empty() {
            filter.push(doc! { "_id": { "$nin": repriced } });
        }
        let find = self.products.find(all_of(filter)).sort(order(request.sort));
        let find = find.limit(limit_of_query(request));
        let mut cursor = find.session(&mut *session).await?;
        cursor.stream(session).try_collect().await
    }

    /// Returns the number of the last price change, or 0.
    pub(super) async fn last_price_change(
        &self,
        session: &mut ClientSession,
    ) -> Result<i64, Error> {
        let last = self
            .changes
            .find_one(doc! { "repricing.number": { "$gt": 0 } })
            .sort(doc! { "repricing.number": -1 })
            .session(session)
            .await?;
        Ok(last
            .and_then(|change| change.repricing)
            .map_or(0, |repricing| repricing.number))
    }

    /// Returns the prices after the price change number `as_of` of the products with a later one.
    async fn former_prices(
        &self,
        as_of: i64,
        session: &mut ClientSession,
    ) -> Result<FormerPrices, Error> {
        let mut since = self
            .changes
            .find(doc! { "repricing.number": { "$gt": as_of } })
            .sort(doc! { "repricing.number": 1 })
            .session(&mut *session)
            .await?;
        let since: Vec<ProductChange> = since.stream(session).try_collect().await?;
        let mut former = HashMap::new();
        for change in since {
            if let Some(repricing) = change.repricing {
                former
                    .entry(change.product_id)
                    .or_insert(repricing.former_price);
            }
        }
        Ok(former)
    }
}

fn page_by_former_price(
    found: Vec<Product>,
    former: &FormerPrices,
    as_of: i64,
    request: &ListRequest,
) -> Result<(Vec<Product>, Option<Cursor>), Error> {
    let mut sorted = Vec::with_capacity(found.len());
    for product in found {
        let price = former.get(&product.id).unwrap_or(&product.price);
        let minor =
            decimal::to_hundredths(*price).ok_or_else(|| invalid_price(product.id, *price))?;
        sorted.push(((minor, product.id), product));
    }
    let begin = match &request.after {
        Some(Cursor {
            key: SortKey::Price { minor, .. },
            id,
        }) => Some((*minor, object_id(*id))),
        _ => None,
    };
    if is_descending(request.sort) {
        sorted.retain(|(key, _)| begin.is_none_or(|begin| *key < begin));
        sorted.sort_unstable_by_key(|(key, _)| Reverse(*key));
    } else {
        sorted.retain(|(key, _)| begin.is_none_or(|begin| *key > begin));
        sorted.sort_unstable_by_key(|(key, _)| *key);
    }
    let next = truncate(&mut sorted, request).map(|((minor, id), _)| Cursor {
        key: SortKey::Price {
            minor: *minor,
            as_of,
        },
        id: ProductId::from_bytes(id.bytes()),
    });
    let page = sorted.into_iter().map(|(_, product)| product).collect();
    Ok((page, next))
}
