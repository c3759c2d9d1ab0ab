//! Loading the documents of a backup into a store.

use anyhow::Result;
use mongo::ignore_duplicate_keys;
use mongodb::Database;
use mongodb::bson::{Document, RawDocumentBuf, deserialize_from_slice, doc};
use serde::Deserialize;

use crate::copying::INDEXES;
use crate::object::ObjectReader;

const BATCH: usize = 1000;
/// Far below the limit of 48 MB for a command.
const BATCH_BYTES: usize = 8 << 20;

/// The indexes of a collection, as the server lists them.
#[derive(Deserialize)]
pub(crate) struct Indexes {
    collection: String,
    indexes: Vec<Document>,
}

#[derive(Deserialize)]
struct IndexesEntry {
    #[serde(rename = "$indexes")]
    indexes: Indexes,
}

/// Replaces all collections. Returns their indexes, which must be created when the changes are
/// replayed: until then a unique key may be there twice.
pub(crate) async fn load(database: &Database, mut documents: ObjectReader) -> Result<Vec<Indexes>> {
    drop_collections(database).await?;
    let (mut indexes, mut batch) = (Vec::new(), Batch::default());
    while let Some(entry) = documents.next().await? {
        let (name, document) = content(&entry)?;
        if name == INDEXES {
            let entry: IndexesEntry = deserialize_from_slice(entry.as_bytes())?;
            indexes.push(entry.indexes);
        } else {
            if batch.is_full_for(&name) {
                std::mem::take(&mut batch).insert(database).await?;
            }
            batch.add(name, document);
        }
    }
    batch.insert(database).await?;
    Ok(indexes)
}

async fn drop_collections(database: &Database) -> Result<()> {
    for name in database.list_collection_names().await? {
        if !name.starts_with("system.") {
            database.collection::<Document>(&name).drop().await?;
        }
    }
    Ok(())
}

/// The name of the collection, and the document.
fn content(entry: &RawDocumentBuf) -> Result<(String, RawDocumentBuf)> {
    let mut elements = entry.iter();
    let element = elements.next().transpose()?;
    let content = element.and_then(|(name, value)| {
        let document = value.as_document()?.to_owned();
        Some((name.as_str().to_owned(), document))
    });
    content.ok_or_else(|| anyhow::anyhow!("the backup has an entry without a document"))
}

/// Documents of one collection.
#[derive(Default)]
struct Batch {
    collection: String,
    documents: Vec<RawDocumentBuf>,
    bytes: usize,
}

impl Batch {
    fn is_full_for(&self, collection: &str) -> bool {
        self.collection != collection || self.documents.len() >= BATCH || self.bytes >= BATCH_BYTES
    }

    fn add(&mut self, collection: String, document: RawDocumentBuf) {
        self.collection = collection;
        self.bytes += document.as_bytes().len();
        self.documents.push(document);
    }

    async fn insert(self, database: &Database) -> Result<()> {
        if self.documents.is_empty() {
            return Ok(());
        }
        let collection = database.collection::<RawDocumentBuf>(&self.collection);
        // A document that was deleted and inserted during the copy can be there twice.
        let inserted = collection.insert_many(self.documents).ordered(false);
        ignore_duplicate_keys(inserted.await)?;
        Ok(())
    }
}

/// Creates the indexes, so that the services do not wait for it when they start.
pub(crate) async fn create_indexes(database: &Database, all: Vec<Indexes>) -> Result<()> {
    for Indexes {
        collection,
        mut indexes,
    } in all
    {
        indexes.retain(|index| index.get_str("name").is_ok_and(|name| name != "_id_"));
        if indexes.is_empty() {
            // The collection must exist for transactions.
            if !database
                .list_collection_names()
                .await?
                .contains(&collection)
            {
                database.create_collection(&collection).await?;
            }
            continue;
        }
        database
            .run_command(doc! { "createIndexes": &collection, "indexes": indexes })
            .await?;
    }
    Ok(())
}
