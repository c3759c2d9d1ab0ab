//! Starts a gateway on a free port, and stub upstreams.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::{Json, Router};
use clap::Parser as _;
use gateway::Config;
use serde_json::{Value, json};
use testkit::{Claims, Client, Response, eventually_status, sign_hs256};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const SECRET: &str = "Ahh6zohw-ieb4Gohn-oJ8kieW0-eeG3ahqu";

/// A running gateway, stopped when dropped.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    /// A client without a token.
    pub(crate) client: Client,
    _stop: DropGuard,
}

/// Starts a gateway with `upstreams` as the addresses of each service, and waits until it is ready.
pub(crate) async fn gateway(upstreams: &[SocketAddr], settings: &[&str]) -> Gateway {
    let settings = [&["--token-hs256-secret", SECRET][..], settings].concat();
    let gateway = gateway_with_keys(upstreams, &settings).await;
    eventually_status("the gateway is ready", 200, async || {
        gateway.client.get("/health/ready").await
    })
    .await;
    gateway
}

/// Starts a gateway with the keys of `settings`, and does not wait until it is ready.
pub(crate) async fn gateway_with_keys(upstreams: &[SocketAddr], settings: &[&str]) -> Gateway {
    let origins: Vec<String> = upstreams
        .iter()
        .map(|upstream| format!("http://{upstream}"))
        .collect();
    let origins = origins.join(",");
    let arguments = [
        "gateway",
        "--upstream-authentication",
        &origins,
        "--upstream-products",
        &origins,
        "--upstream-orders",
        &origins,
    ];
    let config = Config::try_parse_from(arguments.iter().chain(settings)).expect("good settings");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(gateway::serve(config, listener, stop.clone()));
    Gateway {
        address,
        client: Client::new(&format!("http://{address}")),
        _stop: stop.drop_guard(),
    }
}

impl Gateway {
    /// Sends GET without a token.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(path).await
    }

    /// A client with an access token; `role` is `user` or `admin`.
    pub(crate) fn client_of(&self, role: &str) -> Client {
        self.client.with_token(&token(role))
    }
}

/// An access token of this role.
pub(crate) fn token(role: &str) -> String {
    sign_hs256(SECRET, &Claims::new("aaa@aaa.com", role))
}

/// An admin's token that has expired.
pub(crate) fn expired_token() -> String {
    sign_hs256(SECRET, &Claims::new("aaa@aaa.com", "admin").expiring_in(-1))
}

/// Serves `router` on a free port until the test ends.
pub(crate) async fn upstream(router: Router) -> SocketAddr {
    upstream_at("127.0.0.1:0".parse().unwrap(), router).await
}

/// Serves `router` at `address` until the test ends.
pub(crate) async fn upstream_at(address: SocketAddr, router: Router) -> SocketAddr {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Starts an upstream that answers with the request that it received.
pub(crate) async fn echo() -> SocketAddr {
    upstream(Router::new().fallback(echo_request)).await
}

async fn echo_request(request: Request) -> Json<Value> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let headers: serde_json::Map<String, Value> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), value.into())
        })
        .collect();
    Json(json!({
        "method": parts.method.as_str(),
        "target": parts.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
        "length": body.len(),
    }))
}

/// Returns an address with a free port, which refuses connections.
pub(crate) async fn unused_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
