use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use domain::Role;
use runtime::health::Health;
use runtime::lifecycle::Background;
use serde_json::Value;
use tls::TlsSettings;

use crate::test_tokens::{email, issuer, now, public_pem};
use crate::{Verifier, VerifyError};

/// An HTTP server of a key set that can change and become unavailable. It counts the requests.
#[derive(Clone, Default)]
struct KeyServer {
    document: Arc<Mutex<Option<Value>>>,
    fetches: Arc<Mutex<u32>>,
}

impl KeyServer {
    async fn start(&self) -> String {
        let server = self.clone();
        let respond = async move || {
            *server.fetches.lock().expect("unpoisoned") += 1;
            let document = server.document.lock().expect("unpoisoned").clone();
            document
                .map(axum::Json)
                .ok_or(http::StatusCode::SERVICE_UNAVAILABLE)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("binds");
        let address = listener.local_addr().expect("bound");
        let router = Router::new().route("/jwks.json", get(respond));
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/jwks.json")
    }

    fn set(&self, document: Option<Value>) {
        *self.document.lock().expect("unpoisoned") = document;
    }

    fn fetches(&self) -> u32 {
        *self.fetches.lock().expect("unpoisoned")
    }
}

async fn wait_until_ready(health: &Health) {
    while !health.is_ready() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn given_keys_over_http_when_they_rotate_then_valid_tokens_stay_valid() {
    let server = KeyServer::default();
    let url = server.start().await;
    let verifier =
        Verifier::from_jwks_url(&url, &TlsSettings::default(), "shop", "shop").expect("a URL");
    let (old, new) = (issuer(1), issuer(2));
    let old_token = old.issue(&email(), Role::User, now());
    assert_eq!(
        verifier.verify(&old_token, now()).await,
        Err(VerifyError::KeysUnavailable)
    );

    let (health, background) = (Health::default(), Background::default());
    verifier.keep_fresh(&health, &background);
    server.set(Some(old.jwks()));
    wait_until_ready(&health).await;
    assert!(verifier.verify(&old_token, now()).await.is_ok());

    let both = new
        .clone()
        .with_other_keys([public_pem(1).as_str()])
        .expect("keys")
        .jwks();
    assert_eq!(both["keys"].as_array().map(Vec::len), Some(2));
    server.set(Some(both));
    let new_token = new.issue(&email(), Role::User, now());
    assert!(
        verifier.verify(&new_token, now()).await.is_ok(),
        "a new key works at once"
    );
    let another_old_token = old.issue(&email(), Role::User, now());
    assert!(
        verifier.verify(&another_old_token, now()).await.is_ok(),
        "the previous key still works"
    );

    server.set(None);
    let unknown = issuer(3).issue(&email(), Role::User, now());
    assert_eq!(
        verifier.verify(&unknown, now()).await,
        Err(VerifyError::Invalid)
    );
    assert!(
        verifier
            .verify(&old.issue(&email(), Role::User, now()), now())
            .await
            .is_ok(),
        "the cached keys remain"
    );

    server.set(Some(new.jwks()));
    assert_eq!(
        verifier.verify(&unknown, now()).await,
        Err(VerifyError::Invalid)
    );
    assert_eq!(
        verifier.verify(&old_token, now()).await,
        Err(VerifyError::Invalid),
        "a cached token of a removed key is refused"
    );
    assert!(verifier.verify(&new_token, now()).await.is_ok());
}

#[tokio::test]
async fn given_a_service_that_has_just_started_when_tokens_arrive_then_they_wait_for_the_first_fetch()
 {
    let server = KeyServer::default();
    let url = server.start().await;
    let verifier =
        Verifier::from_jwks_url(&url, &TlsSettings::default(), "shop", "shop").expect("a URL");
    let issuer = issuer(1);
    server.set(Some(issuer.jwks()));
    verifier.keep_fresh(&Health::default(), &Background::default());
    let token = issuer.issue(&email(), Role::User, now());
    let (first, second) = tokio::join!(
        verifier.verify(&token, now()),
        verifier.verify(&token, now())
    );
    assert!(first.is_ok() && second.is_ok(), "{first:?}, {second:?}");
}

#[tokio::test]
async fn given_many_unknown_keys_at_once_when_verified_then_they_share_one_fetch() {
    let server = KeyServer::default();
    let url = server.start().await;
    server.set(Some(issuer(1).jwks()));
    let verifier =
        Verifier::from_jwks_url(&url, &TlsSettings::default(), "shop", "shop").expect("a URL");
    let (health, background) = (Health::default(), Background::default());
    verifier.keep_fresh(&health, &background);
    wait_until_ready(&health).await;
    let before = server.fetches();
    let mut calls = tokio::task::JoinSet::new();
    for seed in 2..52 {
        let (verifier, token) = (
            verifier.clone(),
            issuer(seed).issue(&email(), Role::User, now()),
        );
        calls.spawn(async move { verifier.verify(&token, now()).await });
    }
    assert!(
        calls
            .join_all()
            .await
            .iter()
            .all(|result| *result == Err(VerifyError::Invalid))
    );
    assert_eq!(server.fetches() - before, 1);
}

#[test]
fn given_urls_of_key_sets_when_parsed_then_only_http_and_https_are_accepted() {
    let check = |url: &str, expected: bool| {
        assert_eq!(
            Verifier::from_jwks_url(url, &TlsSettings::default(), "shop", "shop").is_ok(),
            expected,
            "{url}"
        );
    };
    check("http://127.0.0.1:8001/.well-known/jwks.json", true);
    check("https://127.0.0.1/jwks.json", true);
    check("ftp://127.0.0.1/jwks.json", false);
    check("127.0.0.1:8001", false);
    check("/jwks.json", false);
    check("", false);
}
