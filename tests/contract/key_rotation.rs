//! The rotation of signing keys.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use testkit::{Shop, eventually, run_service, write_new_key};

use super::log_in;

#[tokio::test]
async fn given_a_key_rotation_when_done_then_old_and_new_tokens_work_without_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str| directory.path().join(name);
    let (previous, current, next) = (file("previous"), file("current"), file("next"));
    for path in [&previous, &current, &next] {
        write_new_key(path);
    }
    let key_file = current.display().to_string();
    let other_files = format!("{},{}", previous.display(), next.display());
    let shop = Shop::builder()
        .env("authentication", "TOKEN_SIGNING_KEY_FILE", &key_file)
        .env("authentication", "TOKEN_OTHER_KEY_FILES", &other_files)
        .start()
        .await;
    let old = shop.user().await;
    let old_token = old.token().expect("a token");

    fs::rename(&current, &previous).expect("renames");
    fs::rename(&next, &current).expect("renames");
    write_new_key(&next);

    let new_token = eventually("the next key signs", async || {
        let response = log_in(&shop.anonymous(), "aaa@aaa.com", "aaa@aaa.com").await;
        let token = response.expect(200).string("access_token");
        if header(&token) == header(old_token) {
            return Err("the previous key signs".to_owned());
        }
        Ok(token)
    })
    .await;
    for client in [shop.anonymous().with_token(&new_token), old] {
        for path in ["/api/orders", "/api/me", "/api/products"] {
            client.get(path).await.expect(200);
        }
    }
}

/// The encoded header of a token, which contains the key id.
fn header(token: &str) -> &str {
    token.split('.').next().unwrap_or_default()
}

#[tokio::test]
async fn given_a_world_readable_key_file_when_started_then_it_is_rejected() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("current");
    write_new_key(&path);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).expect("changes the mode");
    let exit = run_service("authentication", |settings| {
        let path = path.display().to_string();
        settings.insert("TOKEN_SIGNING_KEY_FILE".to_owned(), path);
    })
    .await;
    let exit = exit.expect("the key file is rejected");
    assert!(
        exit.code == Some(1) && exit.output.contains("everybody can read"),
        "{exit:?}"
    );
}
