//! The server's work ends with the time limit of the caller.

use std::time::Duration;

use clap::Parser as _;
use mongo::{MongoSettings, StoreError};
use mongodb::Database;
use mongodb::bson::{Document, doc};
use testkit::{Servers, eventually};

/// Longer than any test runs.
const SLOW_QUERY: &str = "sleep(600 * 1000) || true";

#[derive(clap::Parser)]
struct Settings {
    #[command(flatten)]
    mongo: MongoSettings,
}

/// A database with one document.
async fn database(name: &str) -> Database {
    let servers = tokio::task::spawn_blocking(Servers::shared).await;
    let uri = servers.expect("the servers start").mongodb_uri;
    let arguments = ["test", "--mongodb-uri", &uri, "--mongodb-database", name];
    let settings = Settings::parse_from(arguments).mongo;
    let database = mongo::connect("test", &settings).await.expect("a client");
    let documents = database.collection::<Document>("documents");
    documents.insert_one(doc! {}).await.expect("inserts");
    database
}

async fn slow_read(database: Database, timeout: Duration) -> Result<Option<Document>, StoreError> {
    mongo::with_timeout(timeout, async move {
        let documents = database.collection::<Document>("documents");
        let query = documents.find_one(doc! { "$where": SLOW_QUERY });
        Ok(query.max_time(mongo::time_left()).await?)
    })
    .await
}

/// Waits until the server works on no operation of `database`.
async fn idle(database: &Database) {
    let admin = database.client().database("admin");
    let running = doc! { "currentOp": 1, "ns": format!("{}.documents", database.name()) };
    eventually("the operations have ended", async || {
        let reply = admin.run_command(running.clone()).await.expect("currentOp");
        match reply.get_array("inprog").expect("a list") {
            running if running.is_empty() => Ok(()),
            running => Err(format!("{running:?}")),
        }
    })
    .await;
    database.drop().await.expect("drops");
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_slow_read_when_its_caller_has_timed_out_then_the_server_stops_it() {
    let database = database("slow_read").await;
    let read = slow_read(database.clone(), Duration::from_millis(300)).await;
    assert!(read.is_err_and(|error| error.is_retryable()));
    idle(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_transaction_when_its_caller_has_timed_out_then_it_is_not_committed() {
    let database = database("late_commit").await;
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let (ended, end) = tokio::sync::oneshot::channel();
    let inside = database.clone();
    let written = mongo::with_timeout(Duration::from_millis(300), async move {
        let mut session = mongo::begin(&inside).await?;
        let documents = inside.collection::<Document>("documents");
        let late = documents.insert_one(doc! { "late": true });
        late.session(&mut session).await?;
        released.await.expect("the caller has timed out");
        let committed = mongo::commit(&mut session).await;
        ended.send(committed.is_ok()).expect("the test waits");
        Ok::<_, StoreError>(())
    });
    assert!(written.await.is_err());
    release.send(()).expect("the operation waits");
    assert!(!end.await.expect("the operation ends"), "it was committed");
    let documents = database.collection::<Document>("documents");
    let late = documents.find_one(doc! { "late": true }).await;
    assert_eq!(late.expect("reads"), None);
    database.drop().await.expect("drops");
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_slow_read_within_another_timeout_when_that_ends_then_the_server_stops_it() {
    let database = database("slow_nested_read").await;
    let read = slow_read(database.clone(), Duration::from_mins(10));
    let result = mongo::with_timeout(Duration::from_millis(300), read).await;
    assert!(result.is_err_and(|error| error.is_retryable()));
    idle(&database).await;
}
