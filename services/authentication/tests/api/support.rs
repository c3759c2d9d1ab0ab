//! Starts the service on a free port with its own database and topics.

use authentication::Config;
use clap::Parser as _;
use serde_json::json;
use testkit::{Client, Response, SingleService, credentials, eventually_status};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "a long sentence";

/// A running service, stopped when dropped.
pub(crate) struct Authentication {
    _stop: DropGuard,
    _environment: SingleService,
    /// A client without a token.
    pub(crate) client: Client,
}

impl Authentication {
    /// Starts the service and waits until it is ready.
    pub(crate) async fn start() -> Self {
        let environment = SingleService::new("authentication").await;
        let arguments = environment.arguments(&[]);
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the listener has an address");
        let stop = CancellationToken::new();
        tokio::spawn(authentication::serve(config, listener, stop.clone()));
        let client = Client::new(&format!("http://{address}"));
        eventually_status("the service is ready", 200, async || {
            client.get("/health/ready").await
        })
        .await;
        Self {
            _stop: stop.drop_guard(),
            _environment: environment,
            client,
        }
    }

    /// Registers an account.
    pub(crate) async fn register(&self) {
        let body = credentials(EMAIL, PASSWORD);
        self.client.post("/api/register", &body).await.expect(201);
    }

    /// Registers an account and logs it in.
    pub(crate) async fn log_in(&self) -> Response {
        self.register().await;
        let body = credentials(EMAIL, PASSWORD);
        self.client.post("/api/login", &body).await.expect(200)
    }

    /// Sends a refresh token.
    pub(crate) async fn refresh(&self, token: &str) -> Response {
        let body = json!({ "refresh_token": token });
        self.client.post("/api/refresh", &body).await
    }
}
