//! The order id that belongs to a buyer's idempotency key.

use domain::{Email, IdempotencyKey, OrderId};
use sha2::{Digest as _, Sha256};

/// Returns the id of the order that `buyer` places under `key`. The unique index on ids then allows
/// at most one such order, forever.
pub(crate) fn order_id(buyer: &Email, key: &IdempotencyKey) -> OrderId {
    // Neither part contains the zero byte, so different pairs have different inputs.
    let digest = Sha256::new()
        .chain_update(buyer.as_str())
        .chain_update([0])
        .chain_update(key.as_str())
        .finalize();
    let mut bytes = [0; 12];
    bytes.copy_from_slice(&digest[..12]);
    OrderId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_buyer_and_a_key_when_an_id_is_derived_then_it_is_unique_and_never_changes() {
        let id = |buyer: &str, key: &str| {
            let buyer = Email::parse(buyer).expect("an address");
            order_id(
                &buyer,
                &IdempotencyKey::parse(key.as_bytes()).expect("a key"),
            )
        };
        // printf 'aaa@aaa.com\0k1' | sha256sum | cut -c1-24
        assert_eq!(
            id("aaa@aaa.com", "k1").to_string(),
            "8381169d867e4726d22902fc"
        );
        assert_ne!(id("aaa@aaa.com", "k1"), id("bbb@bbb.com", "k1"));
        assert_ne!(id("aaa@aaa.com", "k1"), id("aaa@aaa.com", "k2"));
        assert_ne!(id("a@b.co", "m1"), id("a@b.com", "1"));
    }
}
