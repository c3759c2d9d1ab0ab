//! Opaque values that a client sends back: cursors of the catalogue and of the list of orders, and
//! ids of the event stream.
#![no_main]

#[allow(dead_code, reason = "only the sort order is used")]
#[path = "../../services/products/src/catalogue.rs"]
mod catalogue;
#[allow(dead_code, reason = "only cursors are used")]
#[path = "../../services/orders/src/order.rs"]
mod order;
#[path = "../../services/orders/src/http/cursor.rs"]
mod orders_cursor;
#[path = "../../services/orders/src/stream/position.rs"]
mod position;
#[path = "../../services/products/src/http/cursor.rs"]
mod products_cursor;

/// Replaces a module that depends on the MongoDB driver.
mod store {
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) struct Place {
        pub(crate) key: Key,
        pub(crate) id: [u8; 12],
    }

    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) enum Key {
        Created(i64),
        Price { minor: i64, as_of: i64 },
        Name(String),
    }
}

use catalogue::Sort;
use store::{Key, Place};

const SORTS: [Sort; 6] = [
    Sort::Oldest,
    Sort::Newest,
    Sort::Cheapest,
    Sort::Dearest,
    Sort::Name,
    Sort::NameBackwards,
];

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(bytes) = bytes.first_chunk::<20>() {
        check_round_trip(bytes);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    // Each value has one encoding, so an altered text is never accepted as the original.
    for sort in SORTS {
        if let Some(place) = products_cursor::decode(sort, text) {
            assert_eq!(products_cursor::encode(sort, &place), text);
        }
    }
    if let Some(place) = orders_cursor::read(text) {
        assert_eq!(orders_cursor::write(place), text);
    }
    if let Some(position) = position::Position::parse(text) {
        assert_eq!(position.to_string(), text);
        let data = position.token_data();
        assert_eq!(position::Position::from_token_data(&data), Some(position));
    }
    if let Some(position) = position::Position::from_token_data(text) {
        assert!(position.token_data().eq_ignore_ascii_case(text));
    }
});

/// Every cursor survives encoding and decoding.
fn check_round_trip(bytes: &[u8; 20]) {
    let (millis, id) = bytes.split_at(8);
    let millis = i64::from_be_bytes(millis.try_into().expect("8 bytes"));
    let id: [u8; 12] = id.try_into().expect("12 bytes");
    for sort in SORTS {
        let key = match sort {
            Sort::Oldest | Sort::Newest => Key::Created(millis),
            Sort::Cheapest | Sort::Dearest => Key::Price {
                minor: millis,
                as_of: millis.saturating_abs(),
            },
            Sort::Name | Sort::NameBackwards => Key::Name(millis.to_string()),
        };
        let place = Place { key, id };
        let text = products_cursor::encode(sort, &place);
        assert_eq!(products_cursor::decode(sort, &text), Some(place));
    }
    if let Ok(created_at) = jiff::Timestamp::from_millisecond(millis) {
        let place = order::Place {
            created_at,
            id: domain::OrderId::from_bytes(id),
        };
        assert_eq!(
            orders_cursor::read(&orders_cursor::write(place)),
            Some(place)
        );
    }
}
