//! Listing products: filters, sorting and pages.

use domain::ProductId;
use futures::TryStreamExt as _;
use mongo::decimal;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::error::Error;

use super::Store;
use super::documents::{Product, object_id};
use crate::listing::{Cursor, ListRequest, Page, Sort, SortKey};
use crate::ports::StoreError;

impl Store {
    /// Returns a page of products, or `None` if the category does not exist.
    pub(crate) async fn products(&self, request: ListRequest) -> Result<Option<Page>, StoreError> {
        self.run(|store| async move { store.page(&request).await })
            .await
    }

    async fn page(&self, request: &ListRequest) -> Result<Option<Page>, StoreError> {
        let category = match &request.category {
            Some(category) => {
                let ids = self.ids_of_categories(std::slice::from_ref(category));
                let Some(ids) = ids.await? else {
                    return Ok(None);
                };
                Some(ids[0])
            }
            None => None,
        };
        let filter = filter(request, category);
        let (found, next) = match request.sort {
            Sort::PriceAsc | Sort::PriceDesc => self.by_price(filter, request).await?,
            Sort::Oldest | Sort::Newest | Sort::NameAsc | Sort::NameDesc => {
                self.by_constant_key(filter, request).await?
            }
        };
        Ok(Some(Page {
            products: self.catalogue_products(found).await?,
            next,
        }))
    }

    async fn by_constant_key(
        &self,
        mut filter: Vec<Document>,
        request: &ListRequest,
    ) -> Result<(Vec<Product>, Option<Cursor>), Error> {
        filter.extend(after_cursor(request));
        let find = self.products.find(all_of(filter)).sort(order(request.sort));
        let found = find.limit(limit_of_query(request)).await?;
        let mut found: Vec<Product> = found.try_collect().await?;
        let next = truncate(&mut found, request).map(|last| Cursor {
            key: match request.sort {
                Sort::NameAsc | Sort::NameDesc => SortKey::Name(last.name_key.clone()),
                _ => SortKey::Created(last.created_at.timestamp_millis()),
            },
            id: ProductId::from_bytes(last.id.bytes()),
        });
        Ok((found, next))
    }
}

/// Returns the conditions of `request` except that of the cursor.
fn filter(request: &ListRequest, category: Option<ObjectId>) -> Vec<Document> {
    let mut conditions = Vec::new();
    if let Some(category) = category {
        conditions.push(doc! { "categories": category });
    }
    for word in request.words.iter().flatten() {
        // A range of strings instead of a pattern, in which characters of the word could have a
        // meaning.
        let end = format!("{word}{}", char::MAX);
        conditions.push(doc! { "words": { "$elemMatch": { "$gte": word, "$lt": end } } });
    }
    match request.in_stock {
        Some(true) => conditions.push(doc! { "quantity": { "$gt": 0 } }),
        Some(false) => conditions.push(doc! { "quantity": 0 }),
        None => {}
    }
    conditions
}

/// Returns the condition of the cursor.
pub(super) fn after_cursor(request: &ListRequest) -> Option<Document> {
    let after = request.after.as_ref()?;
    let field = sort_field(request.sort);
    let beyond = if is_descending(request.sort) {
        "$lt"
    } else {
        "$gt"
    };
    let key: Bson = match &after.key {
        SortKey::Created(at) => DateTime::from_millis(*at).into(),
        SortKey::Price { minor, .. } => decimal::from_hundredths(*minor).into(),
        SortKey::Name(key) => key.into(),
    };
    Some(doc! { "$or": [
        { field: { beyond: key.clone() } },
        { field: key, "_id": { beyond: object_id(after.id) } },
    ] })
}

fn sort_field(sort: Sort) -> &'static str {
    match sort {
        Sort::Oldest | Sort::Newest => "created_at",
        Sort::PriceAsc | Sort::PriceDesc => "price",
        Sort::NameAsc | Sort::NameDesc => "name_key",
    }
}

pub(super) fn is_descending(sort: Sort) -> bool {
    matches!(sort, Sort::Newest | Sort::PriceDesc | Sort::NameDesc)
}

pub(super) fn order(sort: Sort) -> Document {
    let direction = if is_descending(sort) { -1 } else { 1 };
    doc! { sort_field(sort): direction, "_id": direction }
}

/// Returns one more than the length of a page, to see whether another page follows; 0 is no limit.
pub(super) fn limit_of_query(request: &ListRequest) -> i64 {
    request.limit.map_or(0, |limit| i64::from(limit) + 1)
}

/// Truncates `found` to the length of a page. Returns the last item of the page if another page
/// follows.
pub(super) fn truncate<'a, T>(found: &'a mut Vec<T>, request: &ListRequest) -> Option<&'a T> {
    let limit = usize::try_from(request.limit?).unwrap_or(usize::MAX);
    if found.len() <= limit {
        return None;
    }
    found.truncate(limit);
    found.last()
}

pub(super) fn all_of(conditions: Vec<Document>) -> Document {
    if conditions.is_empty() {
        doc! {}
    } else {
        doc! { "$and": conditions }
    }
}
