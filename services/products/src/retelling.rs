//! Tells orders again what all products are like.
//!
//! A change is told when it is made. If the topic is lost after that, or orders' copy is replaced by
//! an older one, nobody would hear of it until the product changes again; so all of them are told
//! at the start and from time to time. A reader makes nothing of a version that it knows.

use std::time::Duration;

use domain::ProductId;
use events::{Event, Message, Topics};
use jiff::Timestamp;
use messaging::producer::Producer;
use runtime::lifecycle::error_chain;
use tokio_util::sync::CancellationToken;

use crate::store::{MOST_IN_A_MESSAGE, Store, StoreError};

const INTERVAL: Duration = Duration::from_mins(10);
/// How soon it is tried again when something is away.
const SOON: Duration = Duration::from_secs(2);

/// Tells until `stop`.
pub(crate) async fn run(store: Store, producer: Producer, topics: Topics, stop: CancellationToken) {
    loop {
        let pause = match tell_all(&store, &producer, &topics, &stop).await {
            Ok(true) => INTERVAL,
            Ok(false) => SOON,
            Err(error) => {
                let error = error_chain(&error);
                tracing::warn!(error, "the products cannot be read; tries again");
                SOON
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Whether all were told: not if the broker is away.
async fn tell_all(
    store: &Store,
    producer: &Producer,
    topics: &Topics,
    stop: &CancellationToken,
) -> Result<bool, StoreError> {
    let mut last: Option<ProductId> = None;
    while !stop.is_cancelled() {
        let most = i64::try_from(MOST_IN_A_MESSAGE).unwrap_or(i64::MAX);
        let products = store.states_after(last, most).await?;
        let Some(end) = products.last() else {
            return Ok(true);
        };
        last = Some(end.id);
        let event = Event::ProductsQuantityUpdate { products };
        let message = Message::new(topics, crate::SERVICE, &event, Timestamp::now(), None);
        if producer.publish(&[message]).await.contains(&false) {
            return Ok(false);
        }
    }
    Ok(false)
}
