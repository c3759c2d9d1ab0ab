//! A password that the database does not accept, because it was changed while the service runs.

use clap::Parser as _;
use mongo::{MongoSettings, StoreError};
use mongodb::bson::{Document, doc};
use testkit::Servers;

#[derive(clap::Parser)]
struct Settings {
    #[command(flatten)]
    mongo: MongoSettings,
}

#[tokio::test]
async fn given_refused_credentials_when_a_document_is_read_then_the_database_counts_as_unavailable()
{
    let servers = tokio::task::spawn_blocking(Servers::shared).await;
    let uri = servers.expect("the servers start").mongodb_uri;
    let arguments = [
        "test",
        "--mongodb-uri",
        &uri,
        "--mongodb-username",
        "no-such-user",
    ];
    let mut settings = Settings::parse_from(arguments).mongo;
    settings.mongodb_password = Some("an old password".to_owned().into());
    let database = mongo::connect("test", &settings).await.expect("a client");
    let documents = database.collection::<Document>("documents");
    let error = documents.find_one(doc! {}).await.expect_err("no such user");
    let error = StoreError::from(error);
    assert!(error.is_retryable(), "{error:?}");
}
