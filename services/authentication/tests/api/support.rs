//! Starts the service, and sends the calls that several tests need.

use authentication::Config;
use clap::Parser as _;
use serde_json::json;
use testkit::{Response, SingleService, credentials};

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "a long sentence";

/// Starts the service and waits until it is ready.
pub(crate) async fn start() -> SingleService {
    SingleService::start("authentication", &[], |arguments, listener, stop| {
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        authentication::serve(config, listener, stop)
    })
    .await
}

/// Registers an account.
pub(crate) async fn register(service: &SingleService) {
    let body = credentials(EMAIL, PASSWORD);
    service
        .client
        .post("/api/register", &body)
        .await
        .expect(201);
}

/// Registers an account and logs it in.
pub(crate) async fn log_in(service: &SingleService) -> Response {
    register(service).await;
    let body = credentials(EMAIL, PASSWORD);
    service.client.post("/api/login", &body).await.expect(200)
}

/// Sends a refresh token.
pub(crate) async fn refresh(service: &SingleService, token: &str) -> Response {
    let body = json!({ "refresh_token": token });
    service.client.post("/api/refresh", &body).await
}
