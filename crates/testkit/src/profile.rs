//! The database operations of a service, as MongoDB's profiler records them.

use bson::{Document, Timestamp, doc};
use futures::TryStreamExt as _;
use mongodb::{Collection, Database};

/// A running profile of a database.
pub struct Profile {
    database: Database,
}

impl Profile {
    /// Starts to record all operations.
    pub(crate) async fn start(database: Database) -> Self {
        let all = database.run_command(doc! { "profile": 2 }).await;
        all.expect("starts the profiler");
        Self { database }
    }

    /// Stops, and returns the recorded operations on a collection.
    pub async fn operations(self, collection: &str) -> Vec<Document> {
        let namespace = format!("{}.{collection}", self.database.name());
        self.stop_and_find(doc! { "ns": namespace }).await
    }

    /// Stops, and returns the bytes of the largest response to an operation on a collection.
    pub async fn largest_response(self, collection: &str) -> i32 {
        let operations = self.operations(collection).await;
        let sizes = operations
            .iter()
            .filter_map(|operation| operation.get_i32("responseLength").ok());
        sizes.max().expect("a read")
    }

    /// Stops, and returns the recorded commands that have no time limit of their own but could. Of
    /// updates and deletes the profiler does not record it.
    pub async fn commands_without_time_limit(self) -> Vec<Document> {
        let commands = ["find", "aggregate", "findAndModify", "count", "distinct"]
            .map(|command| doc! { format!("command.{command}"): { "$exists": true } });
        self.stop_and_find(doc! {
            "op": { "$in": ["query", "command"] },
            "$or": commands.to_vec(),
            "command.maxTimeMS": { "$exists": false },
        })
        .await
    }

    /// The time that the last read that matches `read` asked for, by the clock of the database: what it
    /// returns includes all changes up to then.
    pub async fn last_required_time(&self, read: Document) -> Option<Timestamp> {
        let recorded = self.recorded();
        let last = recorded.find_one(read).sort(doc! { "ts": -1 });
        let read = last.await.expect("reads the profile").expect("a read");
        let command = read.get_document("command").expect("a command");
        let concern = command.get_document("readConcern").expect("a read concern");
        concern.get_timestamp("afterClusterTime").ok()
    }

    async fn stop_and_find(self, filter: Document) -> Vec<Document> {
        let off = self.database.run_command(doc! { "profile": 0 }).await;
        off.expect("stops the profiler");
        let found = self.recorded().find(filter).await;
        let found = found.expect("reads the profile").try_collect().await;
        found.expect("reads the profile")
    }

    fn recorded(&self) -> Collection<Document> {
        self.database.collection("system.profile")
    }
}
