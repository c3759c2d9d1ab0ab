use std::time::Duration;

use accounts::User;
use clap::Parser as _;
use domain::{Email, Role};
use identity::{Issuer, IssuerSettings};
use jiff::{SignedDuration, Timestamp};
use runtime::clock::{Clock as _, SystemClock};
use testkit::SingleService;

use super::*;
use crate::config::Config;
use crate::hashing::Hasher;
use crate::store::Store;

/// Starts the service, and returns its use case with an account that has no usable password.
async fn start() -> (SingleService, Sessions, User) {
    let service = SingleService::start("authentication", &[], |arguments, listener, stop| {
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        crate::serve(config, listener, stop)
    })
    .await;
    let users = service.collection("users");
    let database = users.client().database(&users.namespace().db);
    let store = Store::new(&database, Duration::from_secs(3));
    store.ensure_indexes().await.expect("creates the indexes");
    let email = Email::parse("ada@test.example").expect("valid");
    let user = User::new(email, Role::User, String::new());
    store.users.create(user.clone()).await.expect("creates");
    let config = Config::try_parse_from(["authentication"]).expect("the defaults are valid");
    let sessions = Sessions {
        issuer: issuer(),
        hasher: Hasher::new(1, 1),
        lifetimes: config.sessions.lifetimes(),
        attempts: Attempts {
            store: store.clone(),
            limits: config.sessions.attempt_limits(),
        },
        store,
    };
    (service, sessions, user)
}

fn issuer() -> Issuer {
    let shop = || "shop".to_owned();
    let settings = IssuerSettings {
        issuer: shop(),
        audience: shop(),
        lifetime: Duration::from_mins(15),
    };
    let key = "the key of one test, which signs nothing that counts".into();
    Issuer::from_hs256(&key, settings).expect("strong")
}

fn minutes_from_now(minutes: i64) -> Timestamp {
    SystemClock.now() + SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn given_replicas_whose_clocks_differ_by_minutes_when_a_refresh_is_repeated_then_it_gets_the_same_successor()
 {
    let (_service, sessions, user) = start().await;
    for (first, second) in [(-5, 5), (5, -5)] {
        let opened = sessions.open(&user, minutes_from_now(first)).await;
        let token = opened.expect("opens a session").refresh.expose();
        let refresh = async |minutes| {
            let refreshed = sessions.refresh(&token, minutes_from_now(minutes)).await;
            refreshed.map(|tokens| tokens.refresh.expose())
        };
        let successor = refresh(first).await.expect("a successor");
        let repeated = refresh(second).await.expect("the same successor");
        assert_eq!(repeated, successor);
    }
}
