//! The text form of a cursor, opaque to clients and valid for one sort order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ProductId;

use crate::listing::{Cursor, Sort, SortKey};

/// Returns the text of a cursor.
pub(super) fn encode(sort: Sort, cursor: &Cursor) -> String {
    let mut bytes = Vec::from(prefix(sort));
    match &cursor.key {
        SortKey::Created(at) => bytes.extend(at.to_be_bytes()),
        SortKey::Price { minor, as_of } => {
            bytes.extend(minor.to_be_bytes());
            bytes.extend(as_of.to_be_bytes());
        }
        SortKey::Name(key) => bytes.extend(key.as_bytes()),
    }
    bytes.extend(cursor.id.bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the cursor of a text that [`encode`] returned for the same sort order.
pub(super) fn decode(sort: Sort, text: &str) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let bytes = bytes.strip_prefix(prefix(sort))?;
    let (key, id) = bytes.split_last_chunk::<12>()?;
    let key = match sort {
        Sort::Oldest | Sort::Newest => SortKey::Created(i64::from_be_bytes(key.try_into().ok()?)),
        Sort::PriceAsc | Sort::PriceDesc => {
            let (minor, as_of) = key.split_first_chunk::<8>()?;
            let as_of = i64::from_be_bytes(as_of.try_into().ok()?);
            if as_of < 0 {
                return None;
            }
            SortKey::Price {
                minor: i64::from_be_bytes(*minor),
                as_of,
            }
        }
        Sort::NameAsc | Sort::NameDesc => SortKey::Name(String::from_utf8(key.to_vec()).ok()?),
    };
    Some(Cursor {
        key,
        id: ProductId::from_bytes(*id),
    })
}

/// The first release had only the order of creation and no prefix; its cursors stay valid.
fn prefix(sort: Sort) -> &'static [u8] {
    match sort {
        Sort::Oldest => b"",
        Sort::Newest => b"n",
        Sort::PriceAsc => b"p",
        Sort::PriceDesc => b"P",
        Sort::NameAsc => b"a",
        Sort::NameDesc => b"A",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ProductId = ProductId::from_bytes([7; 12]);
    const CREATED: SortKey = SortKey::Created(1_704_067_200_000);
    const PRICE: SortKey = SortKey::Price {
        minor: 1999,
        as_of: 7,
    };

    fn keys() -> Vec<(Sort, SortKey)> {
        let name = SortKey::Name("café 0001".to_owned());
        vec![
            (Sort::Oldest, CREATED),
            (Sort::Newest, CREATED),
            (Sort::PriceAsc, PRICE),
            (Sort::PriceDesc, PRICE),
            (Sort::NameAsc, name.clone()),
            (Sort::NameDesc, name),
        ]
    }

    #[test]
    fn given_a_cursor_when_encoded_then_it_decodes_in_its_sort_order_only() {
        for (sort, key) in keys() {
            let cursor = Cursor { key, id: ID };
            let text = encode(sort, &cursor);
            for (other, _) in keys() {
                let expected = (other == sort).then_some(&cursor);
                assert_eq!(
                    decode(other, &text).as_ref(),
                    expected,
                    "{sort:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn given_a_cursor_of_the_first_release_when_decoded_then_it_is_valid() {
        let cursor = Cursor {
            key: CREATED,
            id: ID,
        };
        assert_eq!(
            decode(Sort::Oldest, "AAABjMJR9AAHBwcHBwcHBwcHBwc"),
            Some(cursor)
        );
    }

    #[test]
    fn given_invalid_texts_when_decoded_then_there_is_no_cursor() {
        for (sort, _) in keys() {
            for text in ["", "x", "{\"$ne\":1}", &"A".repeat(28), &"_".repeat(10_000)] {
                assert_eq!(decode(sort, text), None, "{sort:?} {text}");
            }
        }
    }
}
