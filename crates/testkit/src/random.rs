//! Random names.

/// Returns 16 random hexadecimal digits, for names that no other test uses.
pub(crate) fn random_id() -> String {
    let number = getrandom::u64().expect("the system provides randomness");
    format!("{number:016x}")
}
