//! All orders of a buyer as one JSON document. It is sent while the pages are read, because the list has
//! no limit and may not fit into memory.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use http::header;
use runtime::lifecycle::error_chain;
use service_kit::problem::Problem;

use super::wire::OrderView;
use crate::order::Order;
use crate::ports::StoreError;
use crate::store::OrderPages;

/// Responds with all pages. An error after the first page can only abort the response.
pub(super) async fn respond(mut pages: OrderPages) -> Result<Response, Problem> {
    let first = pages.next().await?.unwrap_or_default();
    let rest = stream::try_unfold(pages, async |mut pages: OrderPages| {
        let page = pages.next().await?;
        Ok::<_, StoreError>(page.map(|page| (page, pages)))
    });
    let document = document(first, rest).inspect_err(|error: &StoreError| {
        tracing::warn!(
            error = error_chain(error),
            "cannot read the rest of a list of orders; aborting the response"
        );
    });
    let headers = [(header::CONTENT_TYPE, "application/json")];
    Ok((headers, Body::from_stream(document)).into_response())
}

fn document<E>(
    first: Vec<Order>,
    rest: impl Stream<Item = Result<Vec<Order>, E>>,
) -> impl Stream<Item = Result<Bytes, E>> {
    let begin = format!("{{\"orders\":[{}", orders_as_json(first));
    let rest = rest.map_ok(|page| format!(",{}", orders_as_json(page)));
    stream::iter([Ok(begin)])
        .chain(rest)
        .chain(stream::iter([Ok("]}".to_owned())]))
        .map_ok(Bytes::from)
}

fn orders_as_json(orders: Vec<Order>) -> String {
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

    use domain::{Email, Money, OrderId};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::order::{PendingOrder, Rendering};

    fn orders(ids: &[u8]) -> Vec<Order> {
        let order = |id: &u8| {
            Order::Pending(PendingOrder {
                id: OrderId::from_bytes([*id; 12]),
                buyer: Email::parse("aaa@aaa.com").expect("an address"),
                cost: Money::from_minor(599).expect("a price"),
                lines: Vec::new(),
                created_at: Timestamp::UNIX_EPOCH,
                key: None,
                traceparent: None,
                rendering: Rendering::CURRENT,
            })
        };
        ids.iter().map(order).collect()
    }

    #[tokio::test]
    async fn given_a_list_in_pages_when_written_then_it_is_the_document_of_the_whole_list() {
        let check = async |pages: &[&[u8]], whole: &[u8]| {
            let mut pages = pages.iter().copied().map(orders);
            let first = pages.next().unwrap_or_default();
            let rest: Vec<_> = pages.map(Ok::<_, Infallible>).collect();
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
