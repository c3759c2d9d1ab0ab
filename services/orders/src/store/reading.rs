//! A buyer's own orders. Every query has the buyer, so no other buyer's order can be read.

use std::time::Duration;

use domain::{Email, OrderId};
use mongo::BACKGROUND_TIMEOUT;
use mongo::time::date;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;
use tokio::sync::mpsc;

use super::documents::OrderDocument;
use super::{Store, object_id};
use crate::order::{Cursor, Order};
use crate::ports::StoreError;

/// The number of orders in a page; the last page has fewer. With a hundred lines each they take a
/// few megabytes.
const PAGE_SIZE: usize = 100;

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
        let orders = self.orders.clone();
        let query = doc! { "_id": object_id(id), "client_email": buyer.as_str() };
        let timeout = self.timeout;
        mongo::with_timeout(timeout, async move {
            orders
                .find_one(query)
                .max_time(timeout)
                .await?
                .map(OrderDocument::into_order)
                .transpose()
        })
        .await
    }

    /// Returns all orders of a buyer, oldest first.
    pub(crate) fn all_orders(&self, buyer: &Email) -> OrderPages {
        let oldest_first = FindOptions::builder()
            .sort(doc! { "created_at": 1, "_id": 1 })
            .build();
        self.find_orders(doc! { "client_email": buyer.as_str() }, oldest_first)
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
        let newest_first = FindOptions::builder()
            .sort(doc! { "created_at": -1, "_id": -1 })
            .limit(i64::from(limit))
            .build();
        let mut pages = self.find_orders(query, newest_first);
        let mut orders = Vec::new();
        while let Some(page) = pages.next().await? {
            orders.extend(page);
        }
        Ok(orders)
    }

    /// Reads a list in a separate task, because cancelling a driver call, as a disconnecting client
    /// would, breaks its connection. The timeout applies to each page.
    fn find_orders(&self, query: Document, mut options: FindOptions) -> OrderPages {
        options.batch_size = u32::try_from(PAGE_SIZE).ok();
        // The server counts the time of all pages.
        let is_page = options.limit.is_some();
        options.max_time = Some(if is_page {
            self.timeout
        } else {
            BACKGROUND_TIMEOUT
        });
        let (sender, pages) = mpsc::channel(1);
        let orders = self.orders.clone();
        tokio::spawn(async move {
            if let Err(error) = read_pages(&orders, query, options, &sender).await {
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
}

async fn read_pages(
    orders: &Collection<OrderDocument>,
    query: Document,
    options: FindOptions,
    pages: &mpsc::Sender<Result<Vec<Order>, StoreError>>,
) -> Result<(), StoreError> {
    let mut found = orders.find(query).with_options(options).await?;
    let mut page = Vec::new();
    while found.advance().await? {
        page.push(found.deserialize_current()?.into_order()?);
        if page.len() == PAGE_SIZE && pages.send(Ok(std::mem::take(&mut page))).await.is_err() {
            return Ok(());
        }
    }
    // The last page is short and may be empty. An error means that the client has disconnected.
    let _ = pages.send(Ok(page)).await;
    Ok(())
}
