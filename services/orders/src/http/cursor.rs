//! The text of a cursor: opaque to clients, and sealed.

use domain::OrderId;
use jiff::Timestamp;
use service_kit::cursor::CursorKey;

use crate::order::Cursor;

/// Encodes a cursor.
pub(super) fn encode(key: &CursorKey, cursor: Cursor) -> String {
    let mut position = [0; 20];
    position[..8].copy_from_slice(&cursor.created_at.as_millisecond().to_be_bytes());
    position[8..].copy_from_slice(&cursor.id.bytes());
    key.seal(&position)
}

/// Decodes a cursor; `None` if [`encode`] did not return the text.
pub(super) fn decode(key: &CursorKey, text: &str) -> Option<Cursor> {
    let position: [u8; 20] = key.open(text)?.try_into().ok()?;
    let (millis, id) = (position.first_chunk::<8>()?, position.last_chunk::<12>()?);
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
    fn given_a_cursor_when_encoded_then_only_the_same_text_decodes_to_it() {
        let key = CursorKey::new([1; 32]);
        let cursor = Cursor {
            created_at: Timestamp::from_millisecond(1_735_689_600_123).expect("a time"),
            id: OrderId::from_bytes([0xab; 12]),
        };
        let text = encode(&key, cursor);
        assert_eq!(decode(&key, &text), Some(cursor));
        for forged in ["", "x", "AAABjMJR9AAHBwcHBwcHBwcHBwc", &text[1..]] {
            assert_eq!(decode(&key, forged), None, "{forged}");
        }
        assert_eq!(decode(&key, &key.seal(&[0x7f; 20])), None, "no such time");
    }
}
