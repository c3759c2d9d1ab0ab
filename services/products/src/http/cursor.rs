//! A page's `next_cursor`: a place in a list, opaque to clients, of use for that order alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::catalogue::Sort;
use crate::store::{Key, Place};

/// The text of a place in a list in this order.
pub(super) fn encode(sort: Sort, place: &Place) -> String {
    let mut bytes = Vec::from(mark(sort));
    match &place.key {
        Key::Created(at) => bytes.extend(at.to_be_bytes()),
        Key::Price { minor, as_of } => {
            bytes.extend(minor.to_be_bytes());
            bytes.extend(as_of.to_be_bytes());
        }
        Key::Name(key) => bytes.extend(key.as_bytes()),
    }
    bytes.extend(place.id);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place of a text that [`encode`] made for this order.
pub(super) fn decode(sort: Sort, text: &str) -> Option<Place> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let bytes = bytes.strip_prefix(mark(sort))?;
    let (key, id) = bytes.split_last_chunk::<12>()?;
    let key = match sort {
        Sort::Oldest | Sort::Newest => Key::Created(i64::from_be_bytes(key.try_into().ok()?)),
        Sort::Cheapest | Sort::Dearest => {
            let (minor, as_of) = key.split_first_chunk::<8>()?;
            let as_of = i64::from_be_bytes(as_of.try_into().ok()?);
            if as_of < 0 {
                return None;
            }
            Key::Price {
                minor: i64::from_be_bytes(*minor),
                as_of,
            }
        }
        Sort::Name | Sort::NameBackwards => Key::Name(String::from_utf8(key.to_vec()).ok()?),
    };
    Some(Place { key, id: *id })
}

/// The order of creation has none: it was the only one once, and its cursors stay good.
fn mark(sort: Sort) -> &'static [u8] {
    match sort {
        Sort::Oldest => b"",
        Sort::Newest => b"n",
        Sort::Cheapest => b"p",
        Sort::Dearest => b"P",
        Sort::Name => b"a",
        Sort::NameBackwards => b"A",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: Key = Key::Created(1_704_067_200_000);
    const PRICE: Key = Key::Price {
        minor: 1999,
        as_of: 7,
    };

    fn places() -> Vec<(Sort, Key)> {
        let name = Key::Name("café 0001".to_owned());
        vec![
            (Sort::Oldest, CREATED),
            (Sort::Newest, CREATED),
            (Sort::Cheapest, PRICE),
            (Sort::Dearest, PRICE),
            (Sort::Name, name.clone()),
            (Sort::NameBackwards, name),
        ]
    }

    #[test]
    fn given_a_place_when_written_and_read_then_it_is_the_same_in_its_order_and_none_in_another() {
        for (sort, key) in places() {
            let place = Place { key, id: [7; 12] };
            let text = encode(sort, &place);
            for (other, _) in places() {
                let expected = (other == sort).then_some(&place);
                assert_eq!(
                    decode(other, &text).as_ref(),
                    expected,
                    "{sort:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn given_a_cursor_of_the_first_release_when_read_then_it_is_a_place_in_the_order_of_creation() {
        let place = Place {
            key: CREATED,
            id: [7; 12],
        };
        assert_eq!(
            decode(Sort::Oldest, "AAABjMJR9AAHBwcHBwcHBwcHBwc"),
            Some(place)
        );
    }

    #[test]
    fn given_other_texts_when_read_then_they_are_none() {
        for (sort, _) in places() {
            for text in ["", "x", "{\"$ne\":1}", &"A".repeat(28), &"_".repeat(10_000)] {
                assert_eq!(decode(sort, text), None, "{sort:?} {text}");
            }
        }
    }
}
