//! The changes of a store, read from its change stream.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use mongo::token_time;
use mongodb::bson::Document;
use mongodb::bson::{RawDocumentBuf, Timestamp, deserialize_from_slice, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::ChangeStreamEvent;
use serde::Deserialize;
use tokio::sync::watch;

use crate::object::ObjectWriter;
use crate::stores::Store;

/// How long the server waits for a change before it returns.
const AWAIT: Duration = Duration::from_millis(500);
const BATCH: u32 = 1000;
/// How long a store may take to reach the instant, which is in the next second of the store with the latest time.
/// An idle one has a new time every ten seconds.
const REACH: Duration = Duration::from_mins(1);

/// The fields of a change that say whether it is a part of the backup.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "operationType")]
    kind: String,
    #[serde(rename = "clusterTime")]
    committed: Timestamp,
    #[serde(default)]
    ns: Namespace,
}

#[derive(Default, Deserialize)]
struct Namespace {
    #[serde(default)]
    coll: String,
}

/// Writes all changes from `since` on that are committed before the instant, which is announced later, and
/// maybe some after it. Returns their number.
pub(crate) async fn follow(
    store: &Store,
    since: Timestamp,
    instant: watch::Receiver<Option<Timestamp>>,
    mut object: ObjectWriter,
) -> Result<u64> {
    let stream = watch_since(store, since).await.with_context(|| {
        format!(
            "cannot read the changes of {}; its oplog must contain them",
            store.name()
        )
    });
    let mut stream = stream?.with_type::<RawDocumentBuf>();
    let mut announced = None;
    loop {
        let change = stream.next_if_any().await?;
        let instant = *instant.borrow();
        let Some(change) = change else {
            ensure!(
                stream.is_alive(),
                "the change stream of {} ended",
                store.name()
            );
            let read_until = stream.resume_token().as_ref().and_then(token_time);
            if instant.is_some_and(|instant| read_until >= Some(instant)) {
                break;
            }
            if instant.is_some() {
                let waited = announced.get_or_insert_with(Instant::now).elapsed();
                ensure!(
                    waited < REACH,
                    "the database of {} has not reached the time of the others within {REACH:?}; compare the clocks of \
                     their machines",
                    store.name()
                );
            }
            continue;
        };
        let header: Header = deserialize_from_slice(change.as_bytes())?;
        if instant.is_some_and(|instant| header.committed >= instant) {
            break;
        }
        expect_write(&header)?;
        object.write(change).await?;
    }
    object.finish().await
}

async fn watch_since(
    store: &Store,
    since: Timestamp,
) -> mongodb::error::Result<ChangeStream<ChangeStreamEvent<Document>>> {
    let fields = doc! { "$project": {
        "operationType": 1, "clusterTime": 1, "ns": 1, "documentKey": 1, "fullDocument": 1,
        "updateDescription": 1,
    } };
    let database = store.for_reading();
    let changes = database.watch().pipeline([fields]);
    changes
        .start_at_operation_time(since)
        .max_await_time(AWAIT)
        .batch_size(BATCH)
        .await
}

/// No service drops or renames a collection.
fn expect_write(header: &Header) -> Result<()> {
    match &*header.kind {
        "insert" | "update" | "replace" | "delete" => Ok(()),
        other => bail!(
            "the collection {} had the change {other} during the backup; make another one",
            header.ns.coll
        ),
    }
}
