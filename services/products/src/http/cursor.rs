//! The text form of a cursor: opaque to clients, sealed, and valid for one sort order.

use domain::ProductId;
use service_kit::cursor::CursorKey;

use crate::listing::{Cursor, Sort, SortKey};

/// Returns the text of a cursor.
pub(super) fn encode(key: &CursorKey, sort: Sort, cursor: &Cursor) -> String {
    let mut position = vec![letter(sort)];
    match &cursor.key {
        SortKey::Created(at) => position.extend(at.to_be_bytes()),
        SortKey::Price { minor, as_of } => {
            position.extend(minor.to_be_bytes());
            position.extend(as_of.to_be_bytes());
        }
        SortKey::Name(name) => position.extend(name.as_bytes()),
    }
    position.extend(cursor.id.bytes());
    key.seal(&position)
}

/// Returns the cursor of a text that [`encode`] returned for the same sort order.
pub(super) fn decode(key: &CursorKey, sort: Sort, text: &str) -> Option<Cursor> {
    let position = key.open(text)?;
    let position = position.strip_prefix(&[letter(sort)])?;
    let (value, id) = position.split_last_chunk::<12>()?;
    let key = match sort {
        Sort::Oldest | Sort::Newest => SortKey::Created(i64::from_be_bytes(value.try_into().ok()?)),
        Sort::PriceAsc | Sort::PriceDesc => {
            let (minor, as_of) = value.split_first_chunk::<8>()?;
            SortKey::Price {
                minor: i64::from_be_bytes(*minor),
                as_of: i64::from_be_bytes(as_of.try_into().ok()?),
            }
        }
        Sort::NameAsc | Sort::NameDesc => SortKey::Name(String::from_utf8(value.to_vec()).ok()?),
    };
    Some(Cursor {
        key,
        id: ProductId::from_bytes(*id),
    })
}

fn letter(sort: Sort) -> u8 {
    match sort {
        Sort::Oldest => b'o',
        Sort::Newest => b'n',
        Sort::PriceAsc => b'p',
        Sort::PriceDesc => b'P',
        Sort::NameAsc => b'a',
        Sort::NameDesc => b'A',
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
        let sealing = CursorKey::new([1; 32]);
        for (sort, key) in keys() {
            let cursor = Cursor { key, id: ID };
            let text = encode(&sealing, sort, &cursor);
            for (other, _) in keys() {
                let expected = (other == sort).then_some(&cursor);
                assert_eq!(
                    decode(&sealing, other, &text).as_ref(),
                    expected,
                    "{sort:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn given_invalid_texts_when_decoded_then_there_is_no_cursor() {
        let sealing = CursorKey::new([1; 32]);
        for (sort, _) in keys() {
            for text in ["", "x", "{\"$ne\":1}", &"A".repeat(28), &"_".repeat(10_000)] {
                assert_eq!(decode(&sealing, sort, text), None, "{sort:?} {text}");
            }
        }
    }
}
