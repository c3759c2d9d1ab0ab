//! A page's `next_cursor`: a place in the catalogue, opaque to clients.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::store::Cursor;

const LENGTH: usize = 8 + 12;

/// The text of a place.
pub(super) fn encode(cursor: Cursor) -> String {
    let mut bytes = [0; LENGTH];
    bytes[..8].copy_from_slice(&cursor.created_at.to_be_bytes());
    bytes[8..].copy_from_slice(&cursor.id);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place of a text that [`encode`] made.
pub(super) fn decode(text: &str) -> Option<Cursor> {
    let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (created_at, id) = bytes.split_at(8);
    Some(Cursor {
        created_at: i64::from_be_bytes(created_at.try_into().ok()?),
        id: id.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_place_when_written_and_read_then_it_is_the_same_and_other_texts_are_none() {
        let cursor = Cursor {
            created_at: 1_704_067_200_000,
            id: [7; 12],
        };
        assert_eq!(decode(&encode(cursor)), Some(cursor));
        for text in ["", "x", "{\"$ne\":1}", &"A".repeat(28), &"A".repeat(10_000)] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
