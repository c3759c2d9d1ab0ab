//! Replaying changes onto loaded documents.
//!
//! A document may be newer than a change. All later changes of it follow, so its last state is right:
//! a change sets absolute values, or replaces or deletes the document.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use mongodb::Database;
use mongodb::bson::{Bson, Document, RawDocumentBuf, Timestamp, deserialize_from_slice, doc};
use serde::Deserialize;

use crate::object::ObjectReader;

const BATCH: usize = 1000;
/// Far below the limit of 48 MB for a command.
const BATCH_BYTES: usize = 8 << 20;
/// The server's code for an update of a field of something that has no fields.
const PATH_NOT_VIABLE: i32 = 28;
/// Its code for the truncation of something that is no array.
const BAD_VALUE: i32 = 2;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    operation_type: String,
    cluster_time: Timestamp,
    ns: Namespace,
    document_key: Document,
    #[serde(default)]
    full_document: Option<Document>,
    #[serde(default)]
    update_description: UpdateDescription,
}

#[derive(Deserialize)]
struct Namespace {
    coll: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateDescription {
    #[serde(default)]
    updated_fields: Document,
    #[serde(default)]
    removed_fields: Vec<String>,
    #[serde(default)]
    truncated_arrays: Vec<TruncatedArray>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TruncatedArray {
    field: String,
    new_size: i32,
}

/// What must be done with a document, by its encoded id.
type Actions = BTreeMap<Vec<u8>, Action>;

enum Action {
    Delete {
        id: Bson,
    },
    /// Statements of an `update` command, one after the other.
    Update(Vec<Document>),
}

/// Applies all changes before the instant in their order.
pub(crate) async fn replay(
    database: &Database,
    mut changes: ObjectReader,
    instant: Timestamp,
) -> Result<()> {
    let mut batch = Batch::default();
    while let Some(change) = changes.next().await? {
        let bytes = change.as_bytes().len();
        let change: Change = deserialize_from_slice(change.as_bytes())?;
        // It was read before the instant was chosen. The rest of its transaction may be missing.
        if change.cluster_time >= instant {
            continue;
        }
        batch.add(change, bytes)?;
        if batch.is_full() {
            std::mem::take(&mut batch).apply(database).await?;
        }
    }
    batch.apply(database).await
}

/// Changes of which each document has only those that still matter.
#[derive(Default)]
struct Batch {
    collections: BTreeMap<String, Actions>,
    count: usize,
    bytes: usize,
}

impl Batch {
    fn add(&mut self, change: Change, bytes: usize) -> Result<()> {
        self.count += 1;
        self.bytes += bytes;
        let id = change.document_key.get("_id");
        let id = id.context("a change has no id")?.clone();
        let key = RawDocumentBuf::try_from(&doc! { "": &id })?.into_bytes();
        let actions = self.collections.entry(change.ns.coll).or_default();
        let action = actions.entry(key).or_insert(Action::Update(Vec::new()));
        match &*change.operation_type {
            "delete" => *action = Action::Delete { id },
            "insert" | "replace" => {
                let document = change.full_document.context("a change has no document")?;
                let replace = doc! { "q": { "_id": id }, "u": document, "upsert": true };
                *action = Action::Update(vec![replace]);
            }
            "update" => {
                if let Action::Update(statements) = action {
                    statements.extend(change.update_description.statements(&id));
                }
            }
            other => bail!("the backup has a change of the unknown kind {other}"),
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.count >= BATCH || self.bytes >= BATCH_BYTES
    }

    async fn apply(self, database: &Database) -> Result<()> {
        for (collection, actions) in self.collections {
            let (mut updates, mut deletes) = (Vec::new(), Vec::new());
            for action in actions.into_values() {
                match action {
                    Action::Update(statements) => updates.extend(statements),
                    Action::Delete { id } => deletes.push(doc! { "q": { "_id": id }, "limit": 1 }),
                }
            }
            run(database, ("update", "updates"), &collection, updates).await?;
            run(database, ("delete", "deletes"), &collection, deletes).await?;
        }
        Ok(())
    }
}

impl UpdateDescription {
    /// The update that has the same effect. An array is truncated separately, because one update cannot
    /// change two paths of which one contains the other.
    fn statements(self, id: &Bson) -> Vec<Document> {
        let mut operators = Document::new();
        if !self.updated_fields.is_empty() {
            operators.insert("$set", self.updated_fields);
        }
        if !self.removed_fields.is_empty() {
            let removed = self.removed_fields.into_iter();
            let removed: Document = removed.map(|field| (field, Bson::from(""))).collect();
            operators.insert("$unset", removed);
        }
        let truncations = self.truncated_arrays.into_iter().map(|array| {
            let slice = doc! { "$each": [], "$slice": array.new_size };
            doc! { "$push": { array.field: slice } }
        });
        let updates = truncations.chain([operators]);
        let updates = updates.filter(|update| !update.is_empty());
        updates
            .map(|update| doc! { "q": { "_id": id }, "u": update })
            .collect()
    }
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default, rename = "writeErrors")]
    write_errors: Vec<WriteError>,
    #[serde(default, rename = "writeConcernError")]
    write_concern_error: Option<Document>,
}

#[derive(Deserialize)]
struct WriteError {
    index: usize,
    code: i32,
    #[serde(default)]
    errmsg: String,
}

async fn run(
    database: &Database,
    (verb, list): (&str, &str),
    collection: &str,
    statements: Vec<Document>,
) -> Result<()> {
    if statements.is_empty() {
        return Ok(());
    }
    let is_truncation = |statement: &Document| {
        statement
            .get_document("u")
            .is_ok_and(|update| update.contains_key("$push"))
    };
    let truncations: Vec<bool> = statements.iter().map(is_truncation).collect();
    let command = doc! {
        verb: collection,
        list: statements,
        "ordered": false,
        "writeConcern": { "w": "majority", "j": true },
    };
    let reply = database.run_command(command).await?;
    let reply: Reply = mongodb::bson::deserialize_from_document(reply)?;
    // The document is newer than the change, and a later change sets the field.
    let is_newer = |error: &WriteError| match error.code {
        PATH_NOT_VIABLE => true,
        BAD_VALUE => truncations.get(error.index) == Some(&true),
        _ => false,
    };
    let failed = reply.write_errors.iter().find(|error| !is_newer(error));
    if let Some(error) = failed {
        bail!("cannot replay a change of {collection}: {}", error.errmsg);
    }
    if let Some(error) = reply.write_concern_error {
        bail!("no majority has the changes of {collection}: {error}");
    }
    Ok(())
}
