//! `docs/settings.md` is generated from the code: `UPDATE_SETTINGS=1` rewrites it.

use std::fmt::Write as _;

use runtime::settings::document;

fn generate() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         Every setting is an environment variable that a service reads once at its start. If a setting\n\
         is invalid or missing, the service exits with an error that names it. Durations are written\n\
         `250ms`, `5s`, `15m`. `cargo xtask up` sets the required ones and passes on all others.\n",
    );
    for (service, table) in [
        ("gateway", document::<gateway::Config>()),
        ("authentication", document::<authentication::Config>()),
        ("products", document::<products::Config>()),
        ("orders", document::<orders::Config>()),
    ] {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## {service}\n\n{table}");
    }
    text
}

#[test]
fn given_the_settings_document_when_compared_with_the_code_then_they_agree() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
    if std::env::var_os("UPDATE_SETTINGS").is_some() {
        std::fs::write(path, generate()).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == generate(),
        "docs/settings.md is stale: UPDATE_SETTINGS=1 cargo test -p shop-tests settings_document"
    );
}
