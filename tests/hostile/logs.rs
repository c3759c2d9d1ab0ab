//! The logs: an audit trail of account events, and no secrets.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use bson::{DateTime, doc};
use serde_json::{Value, json};
use testkit::{Client, Response, Shop, built_program, credentials, order};

const PASSWORD: &str = "correct horse battery staple";
const WRONG_PASSWORD: &str = "incorrect horse battery staple";
const EMAIL: &str = "very-private-person@test.example";
const ORIGIN: &str = "http://localhost:8080";

#[tokio::test]
async fn given_every_kind_of_call_when_logged_at_debug_level_then_no_line_contains_a_secret() {
    let shop = Shop::builder()
        .env_all("LOG_LEVEL", "debug")
        .env("authentication", "PUBLIC_ORIGINS", ORIGIN)
        .start()
        .await;
    let mut secrets = use_cookie_session(&shop).await;
    secrets.extend(use_account(&shop).await);
    for name in shop.service_names() {
        let log = shop.log(name);
        assert!(log.contains("DEBUG"), "{name} does not log at DEBUG: {log}");
        for secret in &secrets {
            assert!(!log.contains(secret.as_str()), "{name} logs {secret}");
        }
    }
}

#[tokio::test]
async fn given_an_admin_when_created_on_the_command_line_then_only_the_output_names_it() {
    let shop = Shop::start().await;
    // Returns success, output and log.
    let create = |input: &str| {
        let mut process = Command::new(built_program("authentication"))
            .args(["admin", "create", EMAIL])
            .env("LOG_LEVEL", "debug")
            .env("MONGODB_URI", &shop.servers().mongodb_uri)
            .env("MONGODB_DATABASE", shop.database("authentication").name())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut pipe = process.stdin.take().expect("a pipe");
        pipe.write_all(input.as_bytes()).expect("writes");
        drop(pipe);
        let exit = process.wait_with_output().expect("exits");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (output, log) = (text(&exit.stdout), text(&exit.stderr));
        (exit.status.success(), output, log)
    };
    for input in ["", "\n"] {
        let (success, output, log) = create(input);
        assert!(!success && output.is_empty(), "{output}");
        assert!(log.contains("pipe a password in"), "{log}");
    }
    let (success, _, log) = create("hunt3r\n");
    assert!(!success && !log.contains("hunt3r"), "{log}");
    let (success, output, log) = create(&format!("{PASSWORD}\n"));
    assert!(success && !log.contains(PASSWORD), "{log}");
    assert!(
        output.contains(EMAIL) && !output.contains(PASSWORD),
        "{output}"
    );
    assert!(!log.contains(EMAIL), "{log}");
    assert!(
        log.contains("audit") && log.contains("an account was created"),
        "{log}"
    );
}

#[tokio::test]
async fn given_account_events_when_they_happen_then_they_are_in_the_audit_log() {
    const REUSE: &str = "a refresh token was reused after its rotation";
    let shop = Shop::start().await;
    use_account(&shop).await;
    let client = shop.anonymous();
    let account = credentials("aaa@aaa.com", "aaa@aaa.com");
    let first = client.post("/api/login", &account).await.expect(200);
    let spent = refresh_token(&first);
    let newest = client.post("/api/refresh", &spent).await.expect(200);
    // Within the grace period a reused token counts as a repeat of the same client.
    let long_ago = doc! { "$set": { "spent.$[].at": DateTime::from_millis(0) } };
    let sessions = shop.collection("authentication", "refresh_tokens");
    sessions
        .update_many(doc! {}, long_ago)
        .await
        .expect("updates");
    let reused = client.post("/api/refresh", &spent).await;
    reused.expect_detail(401, "Incorrect token");
    // After a theft the whole token family is revoked.
    let response = client.post("/api/refresh", &refresh_token(&newest)).await;
    response.expect_detail(401, "Incorrect token");
    let log = shop.log("authentication");
    let audit: Vec<&str> = log.lines().filter(|line| line.contains("audit")).collect();
    for event in [
        "an account was created",
        "a log-in failed",
        "a session was opened",
        REUSE,
        "a user logged out; the session was ended",
        "a log-in was refused",
    ] {
        assert!(
            audit.iter().any(|line| line.contains(event)),
            "'{event}' is missing in:\n{}",
            audit.join("\n")
        );
    }
}

fn refresh_token(session: &Response) -> Value {
    json!({ "refresh_token": session.string("refresh_token") })
}

/// Makes every kind of call with an account, and returns all secrets.
async fn use_account(shop: &Shop) -> BTreeSet<String> {
    let client = shop.anonymous();
    let account = credentials(EMAIL, PASSWORD);
    let wrong = credentials(EMAIL, WRONG_PASSWORD);
    let mut secrets: BTreeSet<_> = [PASSWORD, WRONG_PASSWORD, EMAIL].map(str::to_owned).into();
    let mut get_tokens = async |path: &str, body: &Value| {
        let session = client.post(path, body).await.expect(200);
        secrets.extend(["access_token", "refresh_token"].map(|token| session.string(token)));
        session
    };
    let rejects = async |client: &Client, path: &str, body: &Value, status: u16| {
        let response = client.post(path, body).await;
        response.expect_problem(status);
    };
    client.post("/api/register", &account).await.expect(201);
    rejects(&client, "/api/register", &account, 400).await;
    rejects(&client, "/api/login", &wrong, 401).await;

    let spent = refresh_token(&get_tokens("/api/login", &account).await);
    let second = get_tokens("/api/refresh", &spent).await;
    let access_token = second.string("access_token");
    let user = client.with_token(&access_token);
    user.get("/api/me").await.expect(200);
    shop.place_order(&user, "cutlery", 1).await;
    rejects(&user, "/api/orders", &order(&[("nothing", 1)]), 404).await;
    rejects(&user, "/api/orders", &json!({ "password": PASSWORD }), 422).await;
    let path = format!("/api/orders?cursor={access_token}");
    user.get(&path).await;
    let bad_token = client.with_token(WRONG_PASSWORD);
    bad_token.get("/api/me").await.expect_problem(401);

    let other = refresh_token(&get_tokens("/api/login", &account).await);
    client.post("/api/logout", &other).await.expect(204);
    get_tokens("/api/refresh", &refresh_token(&second)).await;
    get_tokens("/api/refresh", &spent).await;
    for _ in 0..10 {
        client.post("/api/login", &wrong).await;
    }
    rejects(&client, "/api/login", &wrong, 429).await;
    secrets
}

/// Makes the calls of a browser that keeps its refresh token in a cookie, and returns all secrets.
async fn use_cookie_session(shop: &Shop) -> BTreeSet<String> {
    let browser = shop.anonymous().with_header("origin", ORIGIN);
    let in_cookie = json!({ "session": "cookie" });
    let mut account = credentials("bbb@bbb.com", "bbb@bbb.com");
    account["session"] = json!("cookie");
    let mut secrets = BTreeSet::new();
    let mut with_cookie = |response: &Response| {
        let set_cookie = response.header("set-cookie").expect("a cookie");
        let cookie = set_cookie.split(';').next().expect("a cookie");
        let (_, token) = cookie.split_once('=').expect("a value");
        secrets.extend([token.to_owned(), response.string("access_token")]);
        browser.with_header("cookie", cookie)
    };
    let login = browser.post("/api/login", &account).await.expect(200);
    let first = with_cookie(&login);
    let refreshed = first.post("/api/refresh", &in_cookie).await.expect(200);
    let second = with_cookie(&refreshed);
    first.post("/api/refresh", &in_cookie).await.expect(200);
    let attacker = second.with_header("origin", "https://other.example");
    attacker.post("/api/refresh", &in_cookie).await;
    second.post("/api/logout", &in_cookie).await.expect(204);
    secrets
}
