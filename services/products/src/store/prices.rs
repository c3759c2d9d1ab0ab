//! Listing products by price: see [`crate::listing`] for how pages stay consistent.

use std::collections::HashSet;
use std::collections::hash_map::{Entry, HashMap};

use domain::ProductId;
use futures::TryStreamExt as _;
use mongo::{commit, decimal, time_left};
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Decimal128, Document, doc};
use mongodb::error::Error;
use serde::Deserialize;

use super::Store;
use super::documents::{ListedProduct, PriceChange, invalid_price, object_id};
use super::listing::{after_cursor, all_of, is_descending, limit_of_query, order, truncate};
use crate::listing::{Cursor, MAX_PRICE_CHANGES, PageRequest, SortKey};
use crate::ports::ListError;

/// The former prices of products, in minor units.
type FormerPrices = HashMap<ObjectId, i64>;

/// A product's place in a list by price: its price in minor units, and its id.
type Place = (i64, ObjectId);

/// The fields of a change that concern the price.
#[derive(Deserialize)]
struct Repricing {
    product_id: ObjectId,
    repricing: PriceChange,
}

/// A product's id.
#[derive(Deserialize)]
struct Id {
    #[serde(rename = "_id")]
    id: ObjectId,
}

impl Store {
    /// Returns a page in the order of the prices that were valid at price change `as_of`. The database
    /// sorts the products whose price is the same today; the others take the places of their former
    /// prices.
    pub(super) async fn by_price(
        &self,
        filter: Vec<Document>,
        request: &PageRequest,
    ) -> Result<(Vec<ListedProduct>, Option<Cursor>), ListError> {
        // One snapshot, so that each price change is visible completely or not at all.
        let mut session = self.transaction().await?;
        let last = self.last_price_change(&mut session).await?;
        let as_of = match &request.after {
            Some(Cursor {
                key: SortKey::Price { as_of, .. },
                ..
            }) => *as_of,
            _ => last,
        };
        if !(0..=MAX_PRICE_CHANGES).contains(&(last - as_of)) {
            return Err(ListError::ExpiredCursor);
        }
        let former = self.former_prices(as_of, &mut session).await?;
        let mut found = self
            .with_same_price(filter.clone(), request, &former, &mut session)
            .await?;
        let repriced = self
            .with_former_price(filter, request, &former, &mut session)
            .await?;
        found.extend(repriced);
        commit(&mut session).await?;
        self.freshness.record(session.operation_time());
        Ok(page(found, as_of, request))
    }

    async fn with_same_price(
        &self,
        mut filter: Vec<Document>,
        request: &PageRequest,
        former: &FormerPrices,
        session: &mut ClientSession,
    ) -> Result<Vec<(Place, ListedProduct)>, Error> {
        filter.extend(after_cursor(request));
        if !former.is_empty() {
            let repriced: Vec<ObjectId> = former.keys().copied().collect();
            filter.push(doc! { "_id": { "$nin": repriced } });
        }
        let mut found = self
            .listed
            .find(all_of(filter))
            .projection(ListedProduct::projection())
            .sort(order(request.selection.sort))
            .limit(limit_of_query(request))
            .max_time(time_left())
            .session(&mut *session)
            .await?;
        let found: Vec<ListedProduct> = found.stream(session).try_collect().await?;
        let placed = |product: ListedProduct| {
            let place = (minor(product.id, product.price)?, product.id);
            Ok((place, product))
        };
        found.into_iter().map(placed).collect()
    }

    /// Reads the ids of all repriced products that match, and only those on the page completely.
    async fn with_former_price(
        &self,
        mut filter: Vec<Document>,
        request: &PageRequest,
        former: &FormerPrices,
        session: &mut ClientSession,
    ) -> Result<Vec<(Place, ListedProduct)>, Error> {
        let mut places: Vec<Place> = former.iter().map(|(id, minor)| (*minor, *id)).collect();
        places.retain(|place| is_after_cursor(request, *place));
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<ObjectId> = places.iter().map(|(_, id)| *id).collect();
        filter.push(doc! { "_id": { "$in": ids } });
        let mut found = self
            .products
            .clone_with_type::<Id>()
            .find(all_of(filter))
            .projection(doc! { "_id": 1 })
            .max_time(time_left())
            .session(&mut *session)
            .await?;
        let matching: Vec<Id> = found.stream(session).try_collect().await?;
        let matching: HashSet<ObjectId> = matching.into_iter().map(|found| found.id).collect();
        places.retain(|(_, id)| matching.contains(id));
        sort(&mut places, request);
        places.truncate(usize::try_from(request.limit).unwrap_or(usize::MAX) + 1);
        self.listed_at(&places, session).await
    }

    async fn listed_at(
        &self,
        places: &[Place],
        session: &mut ClientSession,
    ) -> Result<Vec<(Place, ListedProduct)>, Error> {
        let ids: Vec<ObjectId> = places.iter().map(|(_, id)| *id).collect();
        let mut found = self
            .listed
            .find(doc! { "_id": { "$in": ids } })
            .projection(ListedProduct::projection())
            .max_time(time_left())
            .session(&mut *session)
            .await?;
        let found: Vec<ListedProduct> = found.stream(session).try_collect().await?;
        let mut found: HashMap<ObjectId, ListedProduct> = found
            .into_iter()
            .map(|product| (product.id, product))
            .collect();
        let in_order = places.iter();
        Ok(in_order
            .filter_map(|place| Some((*place, found.remove(&place.1)?)))
            .collect())
    }

    /// Returns the number of the last price change, or 0.
    pub(super) async fn last_price_change(
        &self,
        session: &mut ClientSession,
    ) -> Result<i64, Error> {
        let last = self
            .changes
            .clone_with_type::<Repricing>()
            .find_one(doc! { "repricing.number": { "$gt": 0 } })
            .projection(doc! { "product_id": 1, "repricing": 1 })
            .sort(doc! { "repricing.number": -1 })
            .max_time(time_left())
            .session(session)
            .await?;
        Ok(last.map_or(0, |change| change.repricing.number))
    }

    /// Returns the prices after the price change number `as_of` of the products with a later one.
    async fn former_prices(
        &self,
        as_of: i64,
        session: &mut ClientSession,
    ) -> Result<FormerPrices, Error> {
        let mut since = self
            .changes
            .clone_with_type::<Repricing>()
            .find(doc! { "repricing.number": { "$gt": as_of } })
            .projection(doc! { "product_id": 1, "repricing": 1 })
            .sort(doc! { "repricing.number": 1 })
            .max_time(time_left())
            .session(&mut *session)
            .await?;
        let mut former = FormerPrices::new();
        while since.advance(session).await? {
            let change = since.deserialize_current()?;
            let (id, price) = (change.product_id, change.repricing.former_price);
            if let Entry::Vacant(entry) = former.entry(id) {
                entry.insert(minor(id, price)?);
            }
        }
        Ok(former)
    }
}

fn page(
    mut found: Vec<(Place, ListedProduct)>,
    as_of: i64,
    request: &PageRequest,
) -> (Vec<ListedProduct>, Option<Cursor>) {
    found.sort_unstable_by_key(|(place, _)| *place);
    if is_descending(request.selection.sort) {
        found.reverse();
    }
    let next = truncate(&mut found, request).map(|((minor, id), _)| Cursor {
        key: SortKey::Price {
            minor: *minor,
            as_of,
        },
        id: ProductId::from_bytes(id.bytes()),
    });
    let page = found.into_iter().map(|(_, product)| product).collect();
    (page, next)
}

fn sort(places: &mut [Place], request: &PageRequest) {
    places.sort_unstable();
    if is_descending(request.selection.sort) {
        places.reverse();
    }
}

fn is_after_cursor(request: &PageRequest, place: Place) -> bool {
    let Some(Cursor {
        key: SortKey::Price { minor, .. },
        id,
    }) = &request.after
    else {
        return true;
    };
    let end = (*minor, object_id(*id));
    if is_descending(request.selection.sort) {
        place < end
    } else {
        place > end
    }
}

fn minor(product: ObjectId, price: Decimal128) -> Result<i64, Error> {
    decimal::to_hundredths(price).ok_or_else(|| invalid_price(product, price))
}
