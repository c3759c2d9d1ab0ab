//! A buyer's own orders. Every query names the buyer, so that nobody else's can be answered.

use std::time::Duration;

use domain::Email;
use domain::OrderId;
use mongodb::Collection;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;
use tokio::sync::mpsc;

use super::documents::{OrderDocument, date};
use super::{Store, StoreError};
use crate::order::{Order, Place};

/// How many orders a piece of a list has; the last one has fewer. With a hundred lines each they
/// take a few megabytes.
const PIECE: usize = 100;

/// A list of orders that is read while it is used, so that however long it is, only a few pieces
/// of it are in memory.
pub struct Pieces {
    read: mpsc::Receiver<Result<Vec<Order>, StoreError>>,
    patience: Duration,
    is_over: bool,
}

impl Pieces {
    /// The next orders, of which there is at least one; `None` at the end of the list.
    pub async fn next(&mut self) -> Result<Option<Vec<Order>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        match tokio::time::timeout(self.patience, self.read.recv()).await {
            Ok(Some(piece)) => {
                let piece = piece?;
                self.is_over = piece.len() < PIECE;
                Ok(Some(piece).filter(|piece| !piece.is_empty()))
            }
            // It broke off without a word: what was read must not pass for the whole.
            Ok(None) => Err(StoreError::Unreadable("a list")),
            Err(_) => Err(mongo::timeout_error().into()),
        }
    }
}

impl Store {
    /// One order, if it is this buyer's.
    pub async fn order(&self, buyer: &Email, id: OrderId) -> Result<Option<Order>, StoreError> {
        let orders = self.orders.clone();
        let query =
            doc! { "_id": ObjectId::from_bytes(id.bytes()), "client_email": buyer.as_str() };
        mongo::with_timeout(self.patience, async move {
            orders
                .find_one(query)
                .await?
                .map(OrderDocument::into_order)
                .transpose()
        })
        .await
    }

    /// All of a buyer's orders, in the order of placing.
    pub fn all_orders(&self, buyer: &Email) -> Pieces {
        let oldest_first = FindOptions::builder()
            .sort(doc! { "created_at": 1, "_id": 1 })
            .build();
        self.find_orders(doc! { "client_email": buyer.as_str() }, oldest_first)
    }

    /// At most `limit` of a buyer's orders, newest first, from below `place` on if there is one.
    pub async fn orders_below(
        &self,
        buyer: &Email,
        place: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let mut query = doc! { "client_email": buyer.as_str() };
        if let Some(place) = place {
            let at = date(place.created_at);
            // The first condition bounds the walk along the index, the second is exact.
            query.insert("created_at", doc! { "$lte": at });
            query.insert(
                "$or",
                vec![
                    doc! { "created_at": { "$lt": at } },
                    doc! { "_id": { "$lt": ObjectId::from_bytes(place.id.bytes()) } },
                ],
            );
        }
        let newest_first = FindOptions::builder()
            .sort(doc! { "created_at": -1, "_id": -1 })
            .limit(i64::from(limit))
            .build();
        let mut pieces = self.find_orders(query, newest_first);
        let mut orders = Vec::new();
        while let Some(piece) = pieces.next().await? {
            orders.extend(piece);
        }
        Ok(orders)
    }

    /// Reads a list, however long it is, as long as every piece of it comes in time. The reading
    /// is a task of its own: a client that goes away must not interrupt the driver in a call.
    fn find_orders(&self, query: Document, mut options: FindOptions) -> Pieces {
        options.batch_size = u32::try_from(PIECE).ok();
        let (pieces, read) = mpsc::channel(1);
        let orders = self.orders.clone();
        tokio::spawn(async move {
            if let Err(error) = read_pieces(&orders, query, options, &pieces).await {
                // Fails only when nobody wants to know any more.
                let _ = pieces.send(Err(error)).await;
            }
        });
        Pieces {
            read,
            patience: self.patience,
            is_over: false,
        }
    }
}

async fn read_pieces(
    orders: &Collection<OrderDocument>,
    query: Document,
    options: FindOptions,
    pieces: &mpsc::Sender<Result<Vec<Order>, StoreError>>,
) -> Result<(), StoreError> {
    let mut found = orders.find(query).with_options(options).await?;
    let mut piece = Vec::new();
    while found.advance().await? {
        piece.push(found.deserialize_current()?.into_order()?);
        if piece.len() == PIECE && pieces.send(Ok(std::mem::take(&mut piece))).await.is_err() {
            return Ok(());
        }
    }
    // The last piece is a short one, perhaps an empty one. Sending fails as above.
    let _ = pieces.send(Ok(piece)).await;
    Ok(())
}
