//! What ends up in the logs: who did what, and nothing that somebody could use.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use testkit::{Answer, Client, SOON, Shop, eventually, order};

const PASSWORD: &str = "correct horse battery staple";
const WRONG: &str = "incorrect horse battery staple";
const EMAIL: &str = "very-private-person@test.example";
const PAGE: &str = "https://shop.example";

#[tokio::test]
async fn given_every_kind_of_call_when_logged_in_detail_then_no_secret_is_in_any_line() {
    let mut shop = Shop::builder();
    for service in ["gateway", "authentication", "products", "orders"] {
        shop = shop.env(service, "LOG_LEVEL", "debug");
    }
    let shop = shop
        .env("authentication", "PUBLIC_ORIGINS", PAGE)
        .start()
        .await;
    let mut secrets = live_in_a_browser(&shop).await;
    secrets.extend(live(&shop.visitor(), &shop).await);
    for name in shop.names() {
        let logged = shop.logged(name);
        assert!(logged.contains("DEBUG"), "{name} logs no detail: {logged}");
        for secret in &secrets {
            assert!(!logged.contains(secret.as_str()), "{name} logs {secret}");
        }
    }
}

#[tokio::test]
async fn given_an_admin_when_made_on_the_command_line_then_only_its_maker_reads_about_it() {
    let shop = Shop::start().await;
    let create = |password: &str| {
        let mut program = Command::new(program("authentication"))
            .args(["admin", "create", EMAIL])
            .env("LOG_LEVEL", "debug")
            .env("MONGODB_URI", &shop.stores().mongodb_uri)
            .env("MONGODB_DATABASE", shop.store("authentication").name())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = program.stdin.take().expect("it is piped");
        writeln!(input, "{password}").expect("it reads");
        drop(input);
        let end = program.wait_with_output().expect("it ends");
        let logged = String::from_utf8_lossy(&end.stderr).into_owned();
        assert!(!logged.contains(password), "{logged}");
        (end, logged)
    };
    let (refused, _) = create("hunt3r");
    assert!(!refused.status.success());
    let (made, logged) = create(PASSWORD);
    let told = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success(), "{logged}");
    assert!(told.contains(EMAIL) && !told.contains(PASSWORD), "{told}");
    assert!(!logged.contains(EMAIL), "{logged}");
    assert!(
        logged.contains("audit") && logged.contains("an account was made"),
        "{logged}"
    );
}

#[tokio::test]
async fn given_what_happens_to_an_account_when_it_happens_then_it_is_in_the_audit_log() {
    let shop = Shop::start().await;
    let _ = live(&shop.visitor(), &shop).await;
    // For some seconds it is taken for a second request of the same tab.
    let event = "a spent refresh token came back";
    let account = json!({ "email": "aaa@aaa.com", "password": "aaa@aaa.com" });
    let first = tokens(
        &shop.visitor(),
        "/api/login",
        &account,
        &mut BTreeSet::new(),
    )
    .await;
    let spent = json!({ "refresh_token": first["refresh_token"] });
    let newest = tokens(
        &shop.visitor(),
        "/api/refresh",
        &spent,
        &mut BTreeSet::new(),
    )
    .await;
    eventually("it is taken for stolen", SOON, async || {
        shop.visitor()
            .post("/api/refresh", &spent)
            .await
            .problem(401);
        let logged = shop.logged("authentication");
        logged.contains(event).then_some(()).ok_or(logged)
    })
    .await;
    // Whoever has it, the owner or the thief, has to log in.
    let newest = json!({ "refresh_token": newest["refresh_token"] });
    let answer = shop.visitor().post("/api/refresh", &newest).await;
    answer.says(401, "Incorrect token");
    let logged = shop.logged("authentication");
    let audit: Vec<&str> = logged
        .lines()
        .filter(|line| line.contains("audit"))
        .collect();
    for event in [
        "an account was made",
        "a log-in failed",
        "a session was opened",
        event,
        "a session was ended by its holder",
        "a log-in was refused",
    ] {
        assert!(
            audit.iter().any(|line| line.contains(event)),
            "'{event}' is missing in:\n{}",
            audit.join("\n")
        );
    }
}

/// Does what people do with an account, and gives everything that nobody else may know.
async fn live(visitor: &Client, shop: &Shop) -> BTreeSet<String> {
    let account = json!({ "email": EMAIL, "password": PASSWORD });
    let wrong = json!({ "email": EMAIL, "password": WRONG });
    let _ = visitor.post("/api/register", &account).await.expect(201);
    visitor.post("/api/register", &account).await.problem(400);
    visitor.post("/api/login", &wrong).await.problem(401);
    let mut secrets: BTreeSet<_> = [PASSWORD, WRONG, EMAIL].map(str::to_owned).into();

    let first = tokens(visitor, "/api/login", &account, &mut secrets).await;
    let spent = json!({ "refresh_token": first["refresh_token"] });
    let second = tokens(visitor, "/api/refresh", &spent, &mut secrets).await;
    let access = second["access_token"].as_str().expect("a token");
    let user = visitor.with_token(access);
    let _ = user.get("/api/me").await.expect(200);
    let _ = shop.place(&user, "cutlery", 1).await;
    user.post("/api/orders", &order(&[("nothing", 1)]))
        .await
        .problem(404);
    user.post("/api/orders", &json!({ "password": PASSWORD }))
        .await
        .problem(422);
    let _ = user.get(&format!("/api/orders?cursor={access}")).await;
    visitor.with_token(WRONG).get("/api/me").await.problem(401);

    let third = tokens(visitor, "/api/login", &account, &mut secrets).await;
    let held = json!({ "refresh_token": third["refresh_token"] });
    let _ = visitor.post("/api/logout", &held).await.expect(204);
    let next = json!({ "refresh_token": second["refresh_token"] });
    let _ = tokens(visitor, "/api/refresh", &next, &mut secrets).await;
    visitor.post("/api/refresh", &spent).await.problem(401);
    for _ in 0..10 {
        let _ = visitor.post("/api/login", &wrong).await;
    }
    visitor.post("/api/login", &wrong).await.problem(429);
    secrets
}

/// The same as far as a page does it, whose refresh token is in a cookie.
async fn live_in_a_browser(shop: &Shop) -> BTreeSet<String> {
    let browser = shop.visitor().with_header("origin", PAGE);
    let account = json!({ "email": "bbb@bbb.com", "password": "bbb@bbb.com", "session": "cookie" });
    let in_cookie = json!({ "session": "cookie" });
    let mut secrets = BTreeSet::new();
    let mut keep = |answer: &Answer| {
        let set = answer.header("set-cookie").expect("a cookie");
        let pair = set.split(';').next().expect("a pair").to_owned();
        let (_, token) = pair.split_once('=').expect("a pair");
        secrets.insert(token.to_owned());
        let access = answer.json()["access_token"].as_str().map(str::to_owned);
        secrets.insert(access.expect("a token"));
        pair
    };
    let login = browser.post("/api/login", &account).await.expect(200);
    let first = browser.with_header("cookie", &keep(&login));
    let refreshed = first.post("/api/refresh", &in_cookie).await.expect(200);
    let second = browser.with_header("cookie", &keep(&refreshed));
    first.post("/api/refresh", &in_cookie).await.problem(401);
    let stranger = second.with_header("origin", "https://other.example");
    let _ = stranger.post("/api/refresh", &in_cookie).await;
    let _ = second.post("/api/logout", &in_cookie).await.expect(204);
    secrets
}

/// A program of the shop, as `cargo xtask test` has built it.
fn program(name: &str) -> std::path::PathBuf {
    let test = std::env::current_exe().expect("this program has a path");
    let folder = test.ancestors().nth(2).expect("target/debug/deps/NAME");
    folder.join(name)
}

async fn tokens(
    visitor: &Client,
    path: &str,
    body: &Value,
    secrets: &mut BTreeSet<String>,
) -> Value {
    let tokens = visitor.post(path, body).await.expect(200).json();
    for name in ["access_token", "refresh_token"] {
        secrets.insert(tokens[name].as_str().expect("a token").to_owned());
    }
    tokens
}
