//! A buyer's own orders. Every query has the buyer, so no other buyer's order can be read. No read
//! returns an older state than an earlier one.

use std::time::Duration;

use domain::{Email, OrderId};
use mongo::time::date;
use mongo::{BACKGROUND_TIMEOUT, time_left};
use mongodb::bson::{Document, doc};
use tokio::sync::mpsc;

use super::documents::OrderDocument;
use super::{Store, object_id};
use crate::order::{Cursor, Order};
use crate::ports::StoreError;

/// The number of orders in a page of [`OrderPages`]; the last page has fewer. A slow client holds a few
/// pages, of half a megabyte if each order has a hundred lines with the longest names.
const PAGE_SIZE: usize = 10;

/// A list of orders that is read page by page, so that only a few pages are in memory.
pub(crate) struct OrderPages {
    pages: mpsc::Receiver<Result<Vec<Order>, StoreError>>,
    timeout: Duration,
    is_complete: bool,
}

impl OrderPages {
    /// Returns the next page, which is not empty; `None` at the end of the list.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Order>>, StoreError> {
        if self.is_complete {
            return Ok(None);
        }
        match tokio::time::timeout(self.timeout, self.pages.recv()).await {
            Ok(Some(page)) => {
                let page = page?;
                self.is_complete = page.len() < PAGE_SIZE;
                Ok(Some(page).filter(|page| !page.is_empty()))
            }
            // The reading task ended early, so the list is incomplete.
            Ok(None) => Err(StoreError::Unreadable("list")),
            Err(_) => Err(mongo::timeout_error().into()),
        }
    }
}

impl Store {
    /// Returns an order of this buyer.
    pub(crate) async fn order(
        &self,
        buyer: &Email,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        let query = doc! { "_id": object_id(id), "client_email": buyer.as_str() };
        let store = self.clone();
        mongo::with_timeout(self.timeout, async move {
            let mut session = store.read_session().await?;
            let found = store.orders.find_one(query).max_time(time_left());
            let found = found.session(&mut session).await?;
            store.freshness.record(session.operation_time());
            found.map(OrderDocument::into_order).transpose()
        })
        .await
    }

    /// Returns all orders of a buyer, oldest first. They are read in a separate task, because
    /// cancelling a driver call, as a disconnecting client would, breaks its connection. The timeout
    /// applies to each page.
    pub(crate) fn all_orders(&self, buyer: &Email) -> OrderPages {
        let (sender, pages) = mpsc::channel(1);
        let (store, query) = (self.clone(), doc! { "client_email": buyer.as_str() });
        tokio::spawn(async move {
            if let Err(error) = store.read_pages(query, &sender).await {
                // An error means that the client has disconnected.
                let _ = sender.send(Err(error)).await;
            }
        });
        OrderPages {
            pages,
            timeout: self.timeout,
            is_complete: false,
        }
    }

    /// Returns at most `limit` orders of a buyer, newest first, starting behind `cursor`.
    pub(crate) async fn orders_behind(
        &self,
        buyer: &Email,
        cursor: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let mut query = doc! { "client_email": buyer.as_str() };
        if let Some(cursor) = cursor {
            let at = date(cursor.created_at);
            // The first condition bounds the scan of the index, the second one is exact.
            query.insert("created_at", doc! { "$lte": at });
            query.insert(
                "$or",
                vec![
                    doc! { "created_at": { "$lt": at } },
                    doc! { "_id": { "$lt": object_id(cursor.id) } },
                ],
            );
        }
        let store = self.clone();
        mongo::with_timeout(self.timeout, async move {
            let mut session = store.read_session().await?;
            let newest_first = doc! { "created_at": -1, "_id": -1 };
            let found = store.orders.find(query).sort(newest_first);
            let found = found.limit(i64::from(limit)).max_time(time_left());
            let mut found = found.session(&mut session).await?;
            let mut orders = Vec::new();
            while found.advance(&mut session).await? {
                orders.push(found.deserialize_current()?.into_order()?);
            }
            store.freshness.record(session.operation_time());
            Ok(orders)
        })
        .await
    }

    async fn read_pages(
        &self,
        query: Document,
        pages: &mpsc::Sender<Result<Vec<Order>, StoreError>>,
    ) -> Result<(), StoreError> {
        let mut session = self.read_session().await?;
        let oldest_first = doc! { "created_at": 1, "_id": 1 };
        let found = self.orders.find(query).sort(oldest_first);
        let found = found.batch_size(u32::try_from(PAGE_SIZE).unwrap_or(u32::MAX));
        // The server counts the time of all pages.
        let found = found.max_time(BACKGROUND_TIMEOUT);
        let mut found = found.session(&mut session).await?;
        let mut page = Vec::new();
        while found.advance(&mut session).await? {
            page.push(found.deserialize_current()?.into_order()?);
            if page.len() == PAGE_SIZE {
                self.freshness.record(session.operation_time());
                if pages.send(Ok(std::mem::take(&mut page))).await.is_err() {
                    return Ok(());
                }
            }
        }
        self.freshness.record(session.operation_time());
        // The last page is short and may be empty. An error means that the client has disconnected.
        let _ = pages.send(Ok(page)).await;
        Ok(())
    }
}
