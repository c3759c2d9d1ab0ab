//! The opaque text of a cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::OrderId;
use jiff::Timestamp;

use crate::order::Cursor;

/// Encodes a cursor.
pub(super) fn encode(cursor: Cursor) -> String {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&cursor.created_at.as_millisecond().to_be_bytes());
    bytes[8..].copy_from_slice(&cursor.id.bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes a cursor; `None` if the text is invalid.
pub(super) fn decode(text: &str) -> Option<Cursor> {
    let bytes: [u8; 20] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (millis, id) = (bytes.first_chunk::<8>()?, bytes.last_chunk::<12>()?);
    let created_at = Timestamp::from_millisecond(i64::from_be_bytes(*millis)).ok()?;
    Some(Cursor {
        created_at,
        id: OrderId::from_bytes(*id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_cursor_when_encoded_and_decoded_then_it_is_the_same() {
        let cursor = Cursor {
            created_at: Timestamp::from_millisecond(1_735_689_600_123).expect("a time"),
            id: OrderId::from_bytes([0xab; 12]),
        };
        assert_eq!(decode(&encode(cursor)), Some(cursor));
    }

    #[test]
    fn given_invalid_texts_when_decoded_then_they_are_refused() {
        for text in [
            "",
            "x",
            "null",
            "AAAA",
            "ä",
            &"A".repeat(200),
            &URL_SAFE_NO_PAD.encode([0x7f; 20]),
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
