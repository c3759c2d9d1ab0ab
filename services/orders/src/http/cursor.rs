//! A place in a buyer's list, as an opaque word.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::OrderId;
use jiff::Timestamp;

use crate::order::Place;

/// The word for a place.
pub(super) fn write(place: Place) -> String {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&place.created_at.as_millisecond().to_be_bytes());
    bytes[8..].copy_from_slice(&place.id.bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place, if the word was written here.
pub(super) fn read(word: &str) -> Option<Place> {
    let bytes: [u8; 20] = URL_SAFE_NO_PAD.decode(word).ok()?.try_into().ok()?;
    let (millis, id) = (bytes.first_chunk::<8>()?, bytes.last_chunk::<12>()?);
    let created_at = Timestamp::from_millisecond(i64::from_be_bytes(*millis)).ok()?;
    Some(Place {
        created_at,
        id: OrderId::from_bytes(*id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_place_when_written_and_read_then_it_is_the_same() {
        let place = Place {
            created_at: Timestamp::from_millisecond(1_735_689_600_123).expect("a time"),
            id: OrderId::from_bytes([0xab; 12]),
        };
        assert_eq!(read(&write(place)), Some(place));
    }

    #[test]
    fn given_other_words_when_read_then_they_are_no_place() {
        for word in [
            "",
            "x",
            "null",
            "AAAA",
            "ä",
            &"A".repeat(200),
            &URL_SAFE_NO_PAD.encode([0x7f; 20]),
        ] {
            assert_eq!(read(word), None, "{word}");
        }
    }
}
