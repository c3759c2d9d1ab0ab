//! Listing products, a page at a time: a walk over the pages gives each product that was there
//! throughout exactly once.
//!
//! That holds by itself where the order follows from what never changes: when a product was
//! created, what it is called. A price does change, so a walk by price keeps the prices of its
//! beginning; its cursor names the last repricing that it knows of.

use std::cmp::Reverse;
use std::collections::HashMap;

use domain::CategoryName;
use futures::TryStreamExt as _;
use mongo::{commit, decimal};
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Decimal128, Document, doc};
use mongodb::error::Error;

use super::documents::{Product, Restock, unreadable};
use super::{Store, StoreError};
use crate::catalogue::{self, Sort};

/// What is listed, all or what fits, and in which order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    /// Only this category.
    pub(crate) category: Option<CategoryName>,
    /// Only what has, for each of these, a word that begins with it.
    pub(crate) words: Option<Vec<String>>,
    /// Only what there is some of, or only what is sold out.
    pub(crate) in_stock: Option<bool>,
    pub(crate) sort: Sort,
    /// Only what comes after this place.
    pub(crate) after: Option<Place>,
    /// At most so many.
    pub(crate) limit: Option<u32>,
}

/// A place in a list: where a product is, and its id among those that are at the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) key: Key,
    pub(crate) id: [u8; 12],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Milliseconds since 1970.
    Created(i64),
    /// In minor units, as the price was after that repricing.
    Price { minor: i64, as_of: i64 },
    /// See [`crate::search::name_key`].
    Name(String),
}

/// A page, and the place after which the next one begins.
pub(crate) struct Page {
    pub(crate) products: Vec<catalogue::Product>,
    pub(crate) next: Option<Place>,
}

impl Sort {
    fn field(self) -> &'static str {
        match self {
            Self::Oldest | Self::Newest => "created_at",
            Self::Cheapest | Self::Dearest => "price",
            Self::Name | Self::NameBackwards => "name_key",
        }
    }

    fn descends(self) -> bool {
        matches!(self, Self::Newest | Self::Dearest | Self::NameBackwards)
    }

    fn document(self) -> Document {
        let direction = if self.descends() { -1 } else { 1 };
        doc! { self.field(): direction, "_id": direction }
    }
}

impl Key {
    fn bson(&self) -> Bson {
        match self {
            Self::Created(at) => DateTime::from_millis(*at).into(),
            Self::Price { minor, .. } => decimal::from_hundredths(*minor).into(),
            Self::Name(key) => key.into(),
        }
    }
}

impl Listing {
    /// What fits, wherever it is in the list.
    fn filter(&self, category: Option<ObjectId>) -> Vec<Document> {
        let mut all = Vec::new();
        if let Some(category) = category {
            all.push(doc! { "categories": category });
        }
        for word in self.words.iter().flatten() {
            // A range of strings, not a pattern: nothing in a word has a meaning here.
            let end = format!("{word}{}", char::MAX);
            all.push(doc! { "words": { "$elemMatch": { "$gte": word, "$lt": end } } });
        }
        match self.in_stock {
            Some(true) => all.push(doc! { "quantity": { "$gt": 0 } }),
            Some(false) => all.push(doc! { "quantity": 0 }),
            None => {}
        }
        all
    }

    /// What comes after the place where this page begins.
    fn rest(&self) -> Option<Document> {
        let after = self.after.as_ref()?;
        let field = self.sort.field();
        let beyond = if self.sort.descends() { "$lt" } else { "$gt" };
        let key = after.key.bson();
        let id = ObjectId::from_bytes(after.id);
        Some(doc! { "$or": [
            { field: { beyond: key.clone() } },
            { field: key, "_id": { beyond: id } },
        ] })
    }

    /// One more than a page tells whether there is another.
    fn most(&self) -> Option<usize> {
        let limit = usize::try_from(self.limit?).unwrap_or(usize::MAX);
        Some(limit.saturating_add(1))
    }

    /// Takes off what is more than a page; gives the last that stays if there was more.
    fn cut<'a, T>(&self, found: &'a mut Vec<T>) -> Option<&'a T> {
        let limit = usize::try_from(self.limit?).unwrap_or(usize::MAX);
        if found.len() <= limit {
            return None;
        }
        found.truncate(limit);
        found.last()
    }
}

impl Store {
    /// The products that fit; `None` if the category does not exist.
    pub(crate) async fn products(&self, listing: &Listing) -> Result<Option<Page>, StoreError> {
        let category = match &listing.category {
            Some(category) => {
                let Some(ids) = self.category_ids(std::slice::from_ref(category)).await? else {
                    return Ok(None);
                };
                Some(ids[0])
            }
            None => None,
        };
        let filter = listing.filter(category);
        let (found, next) = match listing.sort {
            Sort::Cheapest | Sort::Dearest => self.by_price(filter, listing).await?,
            Sort::Oldest | Sort::Newest | Sort::Name | Sort::NameBackwards => {
                self.by_what_stays(filter, listing).await?
            }
        };
        Ok(Some(Page {
            products: self.shown(found).await?,
            next,
        }))
    }

    async fn by_what_stays(
        &self,
        mut filter: Vec<Document>,
        listing: &Listing,
    ) -> Result<(Vec<Product>, Option<Place>), Error> {
        filter.extend(listing.rest());
        let mut find = self
            .products
            .find(all(filter))
            .sort(listing.sort.document());
        if let Some(most) = listing.most() {
            find = find.limit(i64::try_from(most).unwrap_or(i64::MAX));
        }
        let mut found: Vec<Product> = find.await?.try_collect().await?;
        let next = listing.cut(&mut found).map(|last| Place {
            key: match listing.sort {
                Sort::Name | Sort::NameBackwards => Key::Name(last.name_key.clone()),
                _ => Key::Created(last.created_at.timestamp_millis()),
            },
            id: last.id.bytes(),
        });
        Ok((found, next))
    }

    /// Those that have another price by now are found by their ids and put where they were.
    async fn by_price(
        &self,
        filter: Vec<Document>,
        listing: &Listing,
    ) -> Result<(Vec<Product>, Option<Place>), Error> {
        // All of it as of one moment: a repricing in between would be half seen.
        let mut session = self.transaction().await?;
        let as_of = match &listing.after {
            Some(Place {
                key: Key::Price { as_of, .. },
                ..
            }) => *as_of,
            _ => self.last_repricing(&mut session).await?,
        };
        let former = self.former_prices(as_of, &mut session).await?;
        let repriced: Vec<ObjectId> = former.keys().copied().collect();

        let mut same = filter.clone();
        same.extend(listing.rest());
        if !repriced.is_empty() {
            same.push(doc! { "_id": { "$nin": &repriced } });
        }
        let mut find = self.products.find(all(same)).sort(listing.sort.document());
        if let Some(most) = listing.most() {
            find = find.limit(i64::try_from(most).unwrap_or(i64::MAX));
        }
        let mut cursor = find.session(&mut session).await?;
        let mut found: Vec<Product> = cursor.stream(&mut session).try_collect().await?;

        if !repriced.is_empty() {
            let mut other = filter;
            other.push(doc! { "_id": { "$in": &repriced } });
            let find = self.products.find(all(other)).session(&mut session);
            let mut cursor = find.await?;
            found.extend(cursor.stream(&mut session).try_collect::<Vec<_>>().await?);
        }
        commit(&mut session).await?;
        in_their_places(found, &former, as_of, listing)
    }

    /// The number of the last repricing; 0 if there was none.
    pub(super) async fn last_repricing(&self, session: &mut ClientSession) -> Result<i64, Error> {
        let last = self
            .restocks
            .find_one(doc! { "repricing.number": { "$gt": 0 } })
            .sort(doc! { "repricing.number": -1 })
            .session(session)
            .await?;
        Ok(last
            .and_then(|restock| restock.repricing)
            .map_or(0, |repricing| repricing.number))
    }

    /// What those cost then that have had another price since.
    async fn former_prices(
        &self,
        as_of: i64,
        session: &mut ClientSession,
    ) -> Result<HashMap<ObjectId, Decimal128>, Error> {
        let mut since = self
            .restocks
            .find(doc! { "repricing.number": { "$gt": as_of } })
            .sort(doc! { "repricing.number": 1 })
            .session(&mut *session)
            .await?;
        let since: Vec<Restock> = since.stream(session).try_collect().await?;
        let mut former = HashMap::new();
        for restock in since {
            if let Some(repricing) = restock.repricing {
                former
                    .entry(restock.product_id)
                    .or_insert(repricing.former_price);
            }
        }
        Ok(former)
    }
}

fn in_their_places(
    found: Vec<Product>,
    former: &HashMap<ObjectId, Decimal128>,
    as_of: i64,
    listing: &Listing,
) -> Result<(Vec<Product>, Option<Place>), Error> {
    let mut placed = Vec::with_capacity(found.len());
    for product in found {
        let price = former.get(&product.id).unwrap_or(&product.price);
        let minor = decimal::to_hundredths(*price).ok_or_else(|| unreadable(product.id, *price))?;
        placed.push(((minor, product.id.bytes()), product));
    }
    let begin = match &listing.after {
        Some(Place {
            key: Key::Price { minor, .. },
            id,
        }) => Some((*minor, *id)),
        _ => None,
    };
    if listing.sort.descends() {
        placed.retain(|(place, _)| begin.is_none_or(|begin| *place < begin));
        placed.sort_unstable_by_key(|(place, _)| Reverse(*place));
    } else {
        placed.retain(|(place, _)| begin.is_none_or(|begin| *place > begin));
        placed.sort_unstable_by_key(|(place, _)| *place);
    }
    let next = listing.cut(&mut placed).map(|((minor, id), _)| Place {
        key: Key::Price {
            minor: *minor,
            as_of,
        },
        id: *id,
    });
    Ok((
        placed.into_iter().map(|(_, product)| product).collect(),
        next,
    ))
}

fn all(conditions: Vec<Document>) -> Document {
    if conditions.is_empty() {
        doc! {}
    } else {
        doc! { "$and": conditions }
    }
}
