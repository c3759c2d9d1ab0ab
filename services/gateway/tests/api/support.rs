//! Starts a gateway on a free port, and stub upstreams.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::Request;
use axum::routing::get;
use axum::{Json, Router};
use clap::Parser as _;
use domain::Email;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use gateway::Config;
use identity::{Issuer, IssuerSettings, Role};
use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use runtime::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Time that a test waits for a condition.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// A running gateway, stopped when dropped.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    client: Client,
    issuer: Issuer,
    _stop: DropGuard,
}

/// Starts a gateway with `upstreams` as the addresses of each service, and waits until it has
/// fetched the key set.
pub(crate) async fn gateway(upstreams: &[SocketAddr], settings: &[&str]) -> Gateway {
    let gateway = gateway_without_keys(upstreams, settings).await;
    let deadline = Instant::now() + TIMEOUT;
    while gateway.get_status("/health/ready").await != StatusCode::OK {
        assert!(
            Instant::now() < deadline,
            "the gateway did not become ready"
        );
        tokio::task::yield_now().await;
    }
    gateway
}

/// Starts a gateway and does not wait until it is ready.
pub(crate) async fn gateway_without_keys(upstreams: &[SocketAddr], settings: &[&str]) -> Gateway {
    let issuer = issuer(7);
    let keys = serve_keys(&issuer).await;
    let origins: Vec<String> = upstreams
        .iter()
        .map(|upstream| format!("http://{upstream}"))
        .collect();
    let origins = origins.join(",");
    let keys = format!("http://{keys}/.well-known/jwks.json");
    let mut arguments = vec![
        "gateway",
        "--upstream-authentication",
        &origins,
        "--upstream-products",
        &origins,
        "--upstream-orders",
        &origins,
    ];
    if !settings.contains(&"--jwks-url") {
        arguments.extend(["--jwks-url", &keys]);
    }
    let config = Config::try_parse_from(arguments.iter().chain(settings)).expect("good settings");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(gateway::serve(config, listener, stop.clone()));
    Gateway {
        address,
        client: client(),
        issuer,
        _stop: stop.drop_guard(),
    }
}

impl Gateway {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) async fn get_status(&self, path: &str) -> StatusCode {
        self.get(path).send().await.unwrap().status()
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path).json(&json!({}))
    }

    pub(crate) fn token(&self, role: Role) -> String {
        self.issuer.issue(&email(), role, SystemClock.now())
    }

    pub(crate) fn expired_token(&self) -> String {
        let issued_at = Timestamp::from_second(1_600_000_000).unwrap();
        self.issuer.issue(&email(), Role::Admin, issued_at)
    }
}

/// Returns an admin's token that is signed with another key.
pub(crate) fn forged_token() -> String {
    issuer(8).issue(&email(), Role::Admin, SystemClock.now())
}

fn email() -> Email {
    Email::parse("aaa@aaa.com").unwrap()
}

fn issuer(seed: u8) -> Issuer {
    let key = SigningKey::from_bytes(&[seed; 32])
        .to_pkcs8_pem(LineEnding::LF)
        .unwrap();
    let settings = IssuerSettings {
        issuer: "fleetmarket".to_owned(),
        audience: "fleetmarket".to_owned(),
        lifetime: Duration::from_mins(15),
    };
    Issuer::from_ed25519_pem(&key, settings).unwrap()
}

fn client() -> Client {
    let no_redirects = reqwest::redirect::Policy::none();
    Client::builder()
        .redirect(no_redirects)
        .no_proxy()
        .timeout(TIMEOUT)
        .build()
        .unwrap()
}

async fn serve_keys(issuer: &Issuer) -> SocketAddr {
    let keys = issuer.jwks();
    upstream(Router::new().route("/.well-known/jwks.json", get(async move || Json(keys)))).await
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
