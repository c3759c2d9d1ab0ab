//! The database operations of a service, as MongoDB's profiler records them.

use bson::{Document, doc};
use futures::TryStreamExt as _;
use mongodb::Database;

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

    /// Stops, and returns the recorded commands that have no time limit of their own but could.
    pub async fn commands_without_time_limit(self) -> Vec<Document> {
        let off = self.database.run_command(doc! { "profile": 0 }).await;
        off.expect("stops the profiler");
        let commands = ["find", "aggregate", "findAndModify", "count", "distinct"]
            .map(|command| doc! { format!("command.{command}"): { "$exists": true } });
        let unlimited = doc! {
            "op": { "$in": ["query", "command"] },
            "$or": commands.to_vec(),
            "command.maxTimeMS": { "$exists": false },
        };
        let recorded = self.database.collection::<Document>("system.profile");
        let found = recorded.find(unlimited).await.expect("reads the profile");
        found.try_collect().await.expect("reads the profile")
    }
}
