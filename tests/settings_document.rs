//! `docs/settings.md` is made from the code: `UPDATE_SETTINGS=1` rewrites it.

use std::fmt::Write as _;

use runtime::settings::document;

fn current() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         Every setting is an environment variable, read once at the start. One that is wrong or missing\n\
         stops the start with a sentence that names it. Lengths of time are written `250ms`, `5s`, `15m`.\n\
         `cargo xtask up` sets what it has to and lets the rest through.\n",
    );
    for (service, table) in [
        ("gateway", document::<gateway::config::Config>()),
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
        std::fs::write(path, current()).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == current(),
        "docs/settings.md is stale: UPDATE_SETTINGS=1 cargo test -p shop-tests settings_document"
    );
}
