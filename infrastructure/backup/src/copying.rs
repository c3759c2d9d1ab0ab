//! Copying the documents of a store while it is written. A document that changes meanwhile is copied
//! before or after the change, or twice; replaying the changes corrects it.

use anyhow::{Result, ensure};
use futures::TryStreamExt as _;
use mongodb::bson::raw::CString;
use mongodb::bson::{Document, RawDocumentBuf, Timestamp, doc};
use mongodb::options::Hint;
use mongodb::results::CollectionType;
use mongodb::{ClientSession, Database};

use crate::object::ObjectWriter;
use crate::stores::Store;

/// The server's default of 16 MiB would be in memory twice for each store.
const BATCH: u32 = 1000;

/// The key of the entry with the indexes of a collection. No collection has this name.
pub(crate) const INDEXES: &str = "$indexes";

/// Writes all documents that the store has at `since`, in their state of that time or a later one.
/// Returns the number of entries: the documents, and one for the indexes of each collection.
pub(crate) async fn copy(store: &Store, since: Timestamp, mut object: ObjectWriter) -> Result<u64> {
    let database = store.for_reading();
    // A causally consistent session reads no older state, on a secondary either.
    let mut session = database.client().start_session().await?;
    session.advance_operation_time(since);
    for name in collections(&database).await? {
        copy_collection(&database, &name, &mut session, &mut object).await?;
        let indexes = indexes(&database, &name).await?;
        object.write(RawDocumentBuf::try_from(&indexes)?).await?;
    }
    object.finish().await
}

async fn collections(database: &Database) -> Result<Vec<String>> {
    let all: Vec<_> = database.list_collections().await?.try_collect().await?;
    let mut names = Vec::new();
    for collection in all {
        if collection.name.starts_with("system.") {
            continue;
        }
        let options = mongodb::bson::serialize_to_document(&collection.options)?;
        ensure!(
            collection.collection_type == CollectionType::Collection && options.is_empty(),
            "{} is not a plain collection, and a backup cannot contain it",
            collection.name
        );
        names.push(collection.name);
    }
    Ok(names)
}

/// Writes each document as the value of an entry with the name of its collection.
async fn copy_collection(
    database: &Database,
    name: &str,
    session: &mut ClientSession,
    object: &mut ObjectWriter,
) -> Result<()> {
    let key = CString::try_from(name)?;
    let collection = database.collection::<RawDocumentBuf>(name);
    let found = collection
        .find(doc! {})
        .batch_size(BATCH)
        .hint(Hint::Keys(doc! { "$natural": 1 }));
    let mut found = found.session(&mut *session).await?;
    while found.advance(session).await? {
        let mut entry = RawDocumentBuf::new();
        entry.append(&key, found.current());
        object.write(entry).await?;
    }
    Ok(())
}

async fn indexes(database: &Database, collection: &str) -> Result<Document> {
    let list = doc! { "listIndexes": collection };
    let indexes: Vec<Document> = database
        .run_cursor_command(list)
        .await?
        .try_collect()
        .await?;
    Ok(doc! { INDEXES: { "collection": collection, "indexes": indexes } })
}
