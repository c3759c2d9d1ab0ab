//! Starts the service on a free port with its own database and topics.

use clap::Parser as _;
use products::Config;
use serde_json::Value;
use testkit::{Client, Record, SingleService, eventually, eventually_status};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running service, stopped when dropped.
pub(crate) struct Products {
    _stop: DropGuard,
    pub(crate) environment: SingleService,
    /// A client without a token.
    pub(crate) client: Client,
}

impl Products {
    /// Starts the service and waits until it is ready.
    pub(crate) async fn start() -> Self {
        let environment = SingleService::new("products").await;
        let arguments = environment.arguments(&[("SEED_DATA", "true")]);
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the listener has an address");
        let stop = CancellationToken::new();
        tokio::spawn(products::serve(config, listener, stop.clone()));
        let client = Client::new(&format!("http://{address}"));
        eventually_status("the service is ready", 200, async || {
            client.get("/health/ready").await
        })
        .await;
        Self {
            _stop: stop.drop_guard(),
            environment,
            client,
        }
    }

    /// A client with an admin's token.
    pub(crate) fn admin(&self) -> Client {
        let token = self.environment.token("admin@example.com", "admin");
        self.client.with_token(&token)
    }

    /// The first event on `topic` that `is_expected`, when it is there.
    pub(crate) async fn event(&self, topic: &str, is_expected: impl Fn(&Value) -> bool) -> Value {
        eventually("the event is published", async || {
            let events = self.environment.messages(topic).await;
            let mut events = events.iter().map(Record::json);
            events
                .find(&is_expected)
                .ok_or_else(|| format!("it is not on {topic}"))
        })
        .await
    }
}
