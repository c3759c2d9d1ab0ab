//! The key set (JWKS) that the services fetch from authentication.
#![no_main]

#[path = "../../crates/identity/src/jwks.rs"]
#[allow(dead_code, reason = "only parsing and writing are tested")]
mod jwks;

use jwks::KeySet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok(keys) = KeySet::from_json(document) else {
        return;
    };
    let written = keys.to_json();
    let listed = written["keys"].as_array().expect("a list");
    assert!(!listed.is_empty());
    for key in listed {
        assert!(keys.get(key["kid"].as_str().expect("a key id")).is_some());
        let mut members = key.as_object().expect("an object").keys();
        // In particular not `d`, the private key.
        assert!(
            members.all(|name| ["kty", "crv", "alg", "use", "kid", "x"].contains(&name.as_str()))
        );
    }
    let parsed = KeySet::from_json(written.to_string().as_bytes()).expect("a key set");
    assert!(parsed.is_subset_of(&keys) && keys.is_subset_of(&parsed));
});
