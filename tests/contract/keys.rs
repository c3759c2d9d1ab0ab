//! The keys that access tokens are signed with, and their rotation.

use std::fs;

use serde_json::json;
use testkit::{SOON, Shop, eventually, write_another_key};

#[tokio::test]
async fn given_a_rotation_when_done_then_old_and_new_tokens_work_and_nothing_was_restarted() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    let (previous, current, next) = (file("previous"), file("current"), file("next"));
    for path in [&previous, &current, &next] {
        write_another_key(path);
    }
    let others = format!("{},{}", previous.display(), next.display());
    let shop = Shop::builder()
        .env(
            "authentication",
            "TOKEN_SIGNING_KEY_FILE",
            &current.display().to_string(),
        )
        .env("authentication", "TOKEN_OTHER_KEY_FILES", &others)
        .start()
        .await;
    let old = shop.user().await;
    let old_token = old.token().expect("a token").to_owned();

    fs::rename(&current, &previous).expect("renames");
    fs::rename(&next, &current).expect("renames");
    write_another_key(&next);

    let log_in = json!({ "email": "aaa@aaa.com", "password": "aaa@aaa.com" });
    let new_token = eventually("the next key signs", SOON, async || {
        let tokens = shop.visitor().post("/api/login", &log_in).await.expect(200);
        let tokens = tokens.json();
        let token = tokens["access_token"].as_str().expect("a token").to_owned();
        if head(&token) == head(&old_token) {
            return Err("the old one does".to_owned());
        }
        Ok(token)
    })
    .await;
    let new = shop.visitor().with_token(&new_token);
    for caller in [old, new] {
        for path in ["/api/orders", "/api/me", "/api/products"] {
            let _ = caller.get(path).await.expect(200);
        }
    }
}

#[tokio::test]
async fn given_a_key_file_that_everybody_can_read_when_started_then_it_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("current");
    write_another_key(&path);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).expect("changes the mode");
    let end = testkit::run_alone("authentication", |settings| {
        settings.insert(
            "TOKEN_SIGNING_KEY_FILE".to_owned(),
            path.display().to_string(),
        );
    })
    .await;
    let (code, printed) = end.expect("it is refused");
    assert!(
        code == Some(1) && printed.contains("everybody can read"),
        "{printed}"
    );
}

/// The part of a token that names its key.
fn head(token: &str) -> &str {
    token.split('.').next().unwrap_or_default()
}
