//! Listing products: filters, sorting and pages.

use domain::ProductId;
use futures::TryStreamExt as _;
use mongo::{decimal, time_left};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::error::Error;

use super::Store;
use super::documents::{ListedProduct, object_id};
use crate::listing::{Cursor, Page, PageRequest, Selection, Sort, SortKey};
use crate::ports::ListError;

impl Store {
    /// Returns a page of products.
    pub(crate) async fn page(&self, request: PageRequest) -> Result<Page, ListError> {
        self.run(|store| async move { store.read_page(&request).await })
            .await
    }

    async fn read_page(&self, request: &PageRequest) -> Result<Page, ListError> {
        let filter = self.filter(&request.selection).await?;
        let (found, next) = match request.selection.sort {
            Sort::PriceAsc | Sort::PriceDesc => self.by_price(filter, request).await?,
            Sort::Oldest | Sort::Newest | Sort::NameAsc | Sort::NameDesc => {
                self.by_constant_key(filter, request).await?
            }
        };
        Ok(Page {
            products: self.catalogue_products(found).await?,
            next,
        })
    }

    async fn by_constant_key(
        &self,
        mut filter: Vec<Document>,
        request: &PageRequest,
    ) -> Result<(Vec<ListedProduct>, Option<Cursor>), Error> {
        let sort = request.selection.sort;
        filter.extend(after_cursor(request));
        let mut session = self.read_session().await?;
        let mut found = self
            .listed
            .find(all_of(filter))
            .projection(ListedProduct::projection())
            .sort(order(sort))
            .limit(limit_of_query(request))
            .max_time(time_left())
            .session(&mut session)
            .await?;
        let mut found: Vec<ListedProduct> = found.stream(&mut session).try_collect().await?;
        self.freshness.record(session.operation_time());
        let next = truncate(&mut found, request).map(|last| Cursor {
            key: match sort {
                Sort::NameAsc | Sort::NameDesc => SortKey::Name(last.name_key.clone()),
                _ => SortKey::Created(last.created_at.timestamp_millis()),
            },
            id: ProductId::from_bytes(last.id.bytes()),
        });
        Ok((found, next))
    }

    /// Returns the conditions that a selection's products meet.
    pub(super) async fn filter(&self, selection: &Selection) -> Result<Vec<Document>, ListError> {
        let category = match &selection.category {
            Some(category) => {
                let ids = self.ids_of_categories(std::slice::from_ref(category));
                let ids = ids.await?.ok_or(ListError::UnknownCategory)?;
                Some(ids[0])
            }
            None => None,
        };
        Ok(conditions(selection, category))
    }
}

fn conditions(selection: &Selection, category: Option<ObjectId>) -> Vec<Document> {
    let mut conditions = Vec::new();
    if let Some(category) = category {
        conditions.push(doc! { "categories": category });
    }
    for word in selection.words.iter().flatten() {
        // A range of strings instead of a pattern, in which characters of the word could have a
        // meaning.
        let end = format!("{word}{}", char::MAX);
        conditions.push(doc! { "words": { "$elemMatch": { "$gte": word, "$lt": end } } });
    }
    match selection.in_stock {
        Some(true) => conditions.push(doc! { "quantity": { "$gt": 0 } }),
        Some(false) => conditions.push(doc! { "quantity": 0 }),
        None => {}
    }
    conditions
}

/// Returns the condition of the cursor.
pub(super) fn after_cursor(request: &PageRequest) -> Option<Document> {
    let after = request.after.as_ref()?;
    let field = sort_field(request.selection.sort);
    let beyond = if is_descending(request.selection.sort) {
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

/// Returns one more than the length of a page, to see whether another page follows.
pub(super) fn limit_of_query(request: &PageRequest) -> i64 {
    i64::from(request.limit) + 1
}

/// Truncates `found` to the length of a page. Returns the last item of the page if another page
/// follows.
pub(super) fn truncate<'a, T>(found: &'a mut Vec<T>, request: &PageRequest) -> Option<&'a T> {
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
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
