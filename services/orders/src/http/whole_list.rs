//! All of somebody's orders as one JSON document, written while they are read: nobody knows how many
//! there are, and several such lists in memory at once could be all of it.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use http::header;
use runtime::lifecycle::error_chain;
use service_kit::problem::Problem;

use super::wire::OrderView;
use crate::order::Order;
use crate::store::{Pieces, StoreError};

/// Answers with all of the list. What goes wrong behind its first piece can only be shown by
/// breaking off.
pub(super) async fn answer(mut pieces: Pieces) -> Result<Response, Problem> {
    let first = pieces.next().await?.unwrap_or_default();
    let rest = stream::try_unfold(pieces, async |mut pieces: Pieces| {
        let piece = pieces.next().await?;
        Ok::<_, StoreError>(piece.map(|piece| (piece, pieces)))
    });
    let document = document(first, rest).inspect_err(|error: &StoreError| {
        tracing::warn!(error = error_chain(error), "a list of orders broke off");
    });
    let headers = [(header::CONTENT_TYPE, "application/json")];
    Ok((headers, Body::from_stream(document)).into_response())
}

fn document<E>(
    first: Vec<Order>,
    rest: impl Stream<Item = Result<Vec<Order>, E>>,
) -> impl Stream<Item = Result<Bytes, E>> {
    let begin = format!("{{\"orders\":[{}", joined(first));
    let rest = rest.map_ok(|piece| format!(",{}", joined(piece)));
    stream::iter([Ok(begin)])
        .chain(rest)
        .chain(stream::iter([Ok("]}".to_owned())]))
        .map_ok(Bytes::from)
}

fn joined(orders: Vec<Order>) -> String {
    let texts: Vec<String> = orders
        .into_iter()
        // Structs of strings and numbers always serialise.
        .map(|order| serde_json::to_string(&OrderView::from(order)).unwrap_or_default())
        .collect();
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use domain::{Money, OrderId};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::order::Status;

    fn orders(ids: &[u8]) -> Vec<Order> {
        let order = |id: &u8| Order {
            id: OrderId::from_bytes([*id; 12]),
            status: Status::Pending,
            cost: Money::from_minor(599).expect("a price"),
            lines: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
            decided_at: None,
        };
        ids.iter().map(order).collect()
    }

    #[tokio::test]
    async fn given_a_list_in_pieces_when_written_then_it_is_the_document_of_the_whole() {
        let check = async |pieces: &[&[u8]], whole: &[u8]| {
            let mut pieces = pieces.iter().copied().map(orders);
            let first = pieces.next().unwrap_or_default();
            let rest: Vec<_> = pieces.map(Ok::<_, Infallible>).collect();
            let texts: Vec<Bytes> = document(first, stream::iter(rest))
                .try_collect()
                .await
                .expect("nothing fails");
            let document: Value = serde_json::from_slice(&texts.concat()).expect("JSON");
            let whole: Vec<_> = orders(whole).into_iter().map(OrderView::from).collect();
            assert_eq!(document, json!({ "orders": whole }));
        };
        check(&[], &[]).await;
        check(&[&[0]], &[0]).await;
        check(&[&[0, 1], &[2]], &[0, 1, 2]).await;
        check(&[&[0], &[1], &[2, 3]], &[0, 1, 2, 3]).await;
    }
}
