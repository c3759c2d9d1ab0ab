use std::net::Ipv4Addr;
use std::time::Duration;

use accounts::User;
use clap::Parser as _;
use domain::{Email, Role};
use identity::{Issuer, IssuerSettings};
use jiff::{SignedDuration, Timestamp};
use mongodb::Database;
use mongodb::bson::{Document, doc};
use runtime::clock::{Clock as _, SystemClock};
use testkit::{ReplicaSet, SingleService, eventually};

use super::*;
use crate::config::Config;
use crate::hashing::Hasher;
use crate::store::Store;

const PASSWORD: &str = "a long sentence";

/// Starts the service, and returns its use case with an account.
async fn start() -> (SingleService, Sessions, User) {
    let service = SingleService::start("authentication", &[], |arguments, listener, stop| {
        let config = Config::try_parse_from(arguments).expect("the settings are valid");
        crate::serve(config, listener, stop)
    })
    .await;
    let config = Config::try_parse_from(["authentication"]).expect("the defaults are valid");
    let (sessions, user) = with_account(&service.database(), &config).await;
    (service, sessions, user)
}

async fn with_account(database: &Database, config: &Config) -> (Sessions, User) {
    let store = Store::new(database, config.mongo.mongodb_timeout);
    store.ensure_indexes().await.expect("creates the indexes");
    let email = Email::parse("ada@test.example").expect("valid");
    let hash = accounts::argon::hash(&PASSWORD.into()).expect("hashes");
    let user = User::new(email, Role::User, hash);
    store.users.create(user.clone()).await.expect("creates");
    let sessions = Sessions {
        issuer: issuer(),
        hasher: Hasher::new(1, 100),
        lifetimes: config.sessions.lifetimes(),
        attempts: Attempts {
            store: store.clone(),
            limits: config.sessions.attempt_limits(),
        },
        store,
    };
    (sessions, user)
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

/// The successor that the primary derives, although the majority does not have it yet.
async fn successor_at_the_primary(replica_set: &ReplicaSet, spent: &RefreshToken) -> RefreshToken {
    let client = replica_set.primary_client().await;
    let sessions = client
        .database("shop")
        .collection::<Document>("refresh_tokens");
    let local = mongodb::options::ReadConcern::local();
    let rotated = doc! { "spent.0": { "$exists": true } };
    let session = sessions.find_one(rotated).read_concern(local).await;
    let session = session.expect("it is read").expect("a session");
    let spent_tokens = session.get_array("spent").expect("spent tokens");
    let rotation = spent_tokens[0].as_document().expect("a spent token");
    let key = rotation
        .get_binary_generic("successor_key")
        .expect("its key");
    let key = SuccessorKey(key.as_slice().try_into().expect("of that length"));
    spent.successor(&key)
}

#[tokio::test]
async fn given_a_majority_that_lags_as_after_a_failover_when_newer_tokens_are_presented_then_they_are_not_refused()
 {
    let replica_set = ReplicaSet::start().await;
    let uri = format!("--mongodb-uri={}", replica_set.uri());
    let config = Config::try_parse_from(["authentication", &uri, "--mongodb-timeout=2s"]);
    let config = config.expect("the settings are valid");
    let database = mongo::connect("authentication", &config.mongo).await;
    let (sessions, user) = with_account(&database.expect("a database"), &config).await;
    let now = minutes_from_now(0);
    let first = sessions.open(&user, now).await;
    let first = first.expect("opens a session").refresh;

    replica_set.pause_secondaries();
    let opened = RefreshToken::first([7; 48]);
    let an_hour = minutes_from_now(60);
    let end = SessionEnd {
        expires_at: an_hour,
        at_latest: an_hour,
    };
    let (id, digest) = (opened.session_id(), opened.digest());
    let first_text = first.expose();
    let (rotated, stored) = tokio::join!(
        sessions.refresh(&first_text, now),
        sessions.store.open_session(id, user.id, digest, end),
    );
    assert!(matches!(rotated, Err(RefreshError::Store(_))));
    stored.expect_err("the majority does not have it");
    let second = successor_at_the_primary(&replica_set, &first).await;
    let newer = [second.expose(), opened.expose()];
    let presented = newer.iter().map(|token| sessions.refresh(token, now));
    for refreshed in futures::future::join_all(presented).await {
        let error = refreshed.err().expect("the majority is needed");
        assert!(matches!(error, RefreshError::Store(_)), "{error}");
    }

    replica_set.resume_secondaries();
    for token in &newer {
        eventually("the session is refreshed", async || {
            let refreshed = sessions.refresh(token, now).await;
            refreshed.map(drop).map_err(|error| error.to_string())
        })
        .await;
    }
}

#[tokio::test]
async fn given_an_outdated_read_of_a_session_when_the_session_is_ended_because_of_it_then_it_stays()
{
    let (_service, sessions, user) = start().await;
    let now = minutes_from_now(0);
    let first = sessions.open(&user, now).await.expect("opens").refresh;
    let second = sessions.refresh(&first.expose(), now).await;
    let second = second.expect("a successor").refresh;
    let end = async |token: &RefreshToken| {
        let ended = sessions
            .store
            .end_session_at(token.session_id(), token.digest());
        ended.await.expect("the database responds")
    };
    assert!(!end(&first).await);
    let third = sessions.refresh(&second.expose(), now).await;
    let third = third.expect("the session exists").refresh;
    assert!(end(&third).await);
    let ended = sessions.refresh(&third.expose(), now).await;
    assert!(matches!(ended, Err(RefreshError::Incorrect)));
}

/// How many guesses are counted for the account.
async fn counted(service: &SingleService) -> usize {
    let counter = doc! { "_id": "account:ada@test.example" };
    let found = service.collection("attempts").find_one(counter).await;
    let found = found.expect("the database responds").unwrap_or_default();
    found.get_array("attempts").map_or(0, Vec::len)
}

#[tokio::test]
async fn given_as_many_guesses_as_allowed_that_wait_for_a_hash_when_the_next_one_is_right_then_it_is_refused()
 {
    let (service, sessions, user) = start().await;
    let guess = |number: u8, password: &str| {
        let (sessions, email) = (sessions.clone(), user.email.clone());
        let attempt = LoginAttempt {
            email,
            password: password.into(),
            address: Ipv4Addr::new(203, 0, 113, number).into(),
        };
        async move { sessions.log_in(attempt, minutes_from_now(0)).await.err() }
    };
    let only_permit = sessions
        .hasher
        .permit(Network::of(Ipv4Addr::LOCALHOST.into()))
        .await
        .expect("a permit");
    let wrong: Vec<_> = (0..10)
        .map(|number| tokio::spawn(guess(number, "wrong")))
        .collect();
    eventually("all guesses are counted", async || {
        let counted = counted(&service).await;
        (counted == wrong.len())
            .then_some(())
            .ok_or(format!("{counted} are counted"))
    })
    .await;
    let refused = guess(10, PASSWORD).await;
    assert!(
        matches!(refused, Some(LoginError::Attempt(AttemptError::TooMany(_)))),
        "{refused:?}"
    );
    drop(only_permit);
    for guess in wrong {
        let error = guess.await.expect("does not panic");
        assert!(matches!(error, Some(LoginError::Incorrect)), "{error:?}");
    }
}

#[tokio::test]
async fn given_right_passwords_when_an_account_logs_in_more_often_than_it_may_fail_then_nothing_is_counted()
 {
    let (service, sessions, user) = start().await;
    for _ in 0..11 {
        let attempt = LoginAttempt {
            email: user.email.clone(),
            password: PASSWORD.into(),
            address: Ipv4Addr::LOCALHOST.into(),
        };
        let tokens = sessions.log_in(attempt, minutes_from_now(0)).await;
        tokens.map(drop).expect("logs in");
    }
    assert_eq!(counted(&service).await, 0);
}
