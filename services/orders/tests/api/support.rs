//! Starts the service on a free port with its own database and topics.

use clap::Parser as _;
use orders::Config;
use serde_json::{Value, json};
use testkit::{Client, RawMessage, SingleService, eventually, eventually_status, order};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The id of the product `chair`.
pub(crate) const CHAIR: &str = "11fefe4a1cad4140785928a4";

/// A running service, stopped when dropped.
pub(crate) struct Orders {
    _stop: DropGuard,
    pub(crate) environment: SingleService,
    /// A client without a token.
    pub(crate) client: Client,
}

impl Orders {
    /// Starts the service and waits until it is ready.
    pub(crate) async fn start() -> Self {
        let environment = SingleService::new("orders").await;
        let arguments = environment.arguments(&[]);
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the listener has an address");
        let stop = CancellationToken::new();
        tokio::spawn(orders::serve(config, listener, stop.clone()));
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

    /// A client with a buyer's token.
    pub(crate) fn buyer(&self) -> Client {
        let token = self.environment.token("buyer@example.com", "user");
        self.client.with_token(&token)
    }

    /// Publishes that products has added `chair` with 5 items, and waits until orders has received it.
    pub(crate) async fn add_chair(&self) {
        let event = json!({ "type": "ProductCreate", "product": {
            "id": CHAIR, "name": "chair", "price": 29.99, "quantity": 5, "version": 1,
        }});
        self.produce("products", &event).await;
        let buyer = self.buyer();
        eventually("orders knows the product", async || {
            let refused = buyer.post("/api/orders", &order(&[("chair", 1000)])).await;
            if refused.string("type") == "/problems/insufficient-stock" {
                Ok(())
            } else {
                Err(refused.to_string())
            }
        })
        .await;
    }

    /// Sends an event to `topic`.
    pub(crate) async fn produce(&self, topic: &str, event: &Value) {
        let message = RawMessage::new(event.to_string());
        self.environment.produce(topic, &[message]).await;
    }
}
