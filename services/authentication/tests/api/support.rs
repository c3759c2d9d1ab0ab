//! Starts the service, and sends the calls that several tests need.

use authentication::Config;
use bson::{Document, doc};
use clap::Parser as _;
use futures::TryStreamExt as _;
use runtime::lifecycle::Failure;
use serde_json::json;
use testkit::{Client, Response, SingleService, credentials};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "a long sentence";
pub(crate) const INCORRECT_TOKEN: &str = "Incorrect token";
pub(crate) const NO_ACCESS: &str = "You have no access to this resource!";

/// Starts the service and waits until it is ready.
pub(crate) async fn start() -> SingleService {
    start_with(&[]).await
}

/// Starts the service with these settings and waits until it is ready.
pub(crate) async fn start_with(settings: &[(&str, &str)]) -> SingleService {
    SingleService::start("authentication", settings, serve).await
}

/// Serves with the settings of a command line.
pub(crate) async fn serve(
    arguments: Vec<String>,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let config = Config::try_parse_from(arguments).expect("the settings are valid");
    authentication::serve(config, listener, stop).await
}

/// Registers an account.
pub(crate) async fn register(client: &Client) {
    let body = credentials(EMAIL, PASSWORD);
    client.post("/api/register", &body).await.expect(201);
}

/// Logs the registered account in.
pub(crate) async fn log_in(client: &Client) -> Response {
    let body = credentials(EMAIL, PASSWORD);
    client.post("/api/login", &body).await.expect(200)
}

/// Starts the service with these settings, and opens a session.
pub(crate) async fn start_with_session(settings: &[(&str, &str)]) -> (SingleService, Response) {
    let service = start_with(settings).await;
    register(&service.client).await;
    let session = log_in(&service.client).await;
    (service, session)
}

/// Sends a refresh token.
pub(crate) async fn send_token(client: &Client, path: &str, token: &str) -> Response {
    client.post(path, &json!({ "refresh_token": token })).await
}

/// Sends the refresh token of a response to `/api/refresh`.
pub(crate) async fn refresh(client: &Client, session: &Response) -> Response {
    send_token(client, "/api/refresh", &session.string("refresh_token")).await
}

pub(crate) async fn stored(service: &SingleService, collection: &str) -> Vec<Document> {
    let found = service.collection(collection).find(doc! {}).await;
    found.expect("finds").try_collect().await.expect("reads")
}
