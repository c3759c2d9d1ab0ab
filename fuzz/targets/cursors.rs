//! Opaque values that a client sends back: cursors of the catalogue and of the list of orders, and
//! ids of the event stream.
#![no_main]

#[allow(dead_code, reason = "only used by the listing")]
#[path = "../../services/products/src/catalogue.rs"]
mod catalogue;
#[allow(dead_code, reason = "only ids are parsed")]
#[path = "../../services/orders/src/stream/cluster_time.rs"]
mod cluster_time;
#[allow(dead_code, reason = "only ids are parsed")]
#[path = "../../services/orders/src/stream/event_id.rs"]
mod event_id;
#[allow(dead_code, reason = "only cursors are used")]
#[path = "../../services/products/src/listing.rs"]
mod listing;
#[allow(dead_code, reason = "only cursors are used")]
#[path = "../../services/orders/src/order.rs"]
mod order;
#[path = "../../services/orders/src/http/cursor.rs"]
mod orders_cursor;
#[path = "../../services/products/src/http/cursor.rs"]
mod products_cursor;

use listing::{Sort, SortKey};
use service_kit::cursor::CursorKey;

const SORTS: [Sort; 6] = [
    Sort::Oldest,
    Sort::Newest,
    Sort::PriceAsc,
    Sort::PriceDesc,
    Sort::NameAsc,
    Sort::NameDesc,
];

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(bytes) = bytes.first_chunk::<20>() {
        check_round_trip(bytes);
    }
    let key = CursorKey::new([0; 32]);
    // Only a sealed text is read any further.
    let text = key.seal(bytes);
    assert_eq!(key.open(&text).as_deref(), Some(bytes));
    // Each value has one encoding.
    for sort in SORTS {
        if let Some(cursor) = products_cursor::decode(&key, sort, &text) {
            assert_eq!(products_cursor::encode(&key, sort, &cursor), text);
        }
    }
    if let Some(cursor) = orders_cursor::decode(&key, &text) {
        assert_eq!(orders_cursor::encode(&key, cursor), text);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    assert_eq!(key.open(text), None);
    if let Some(id) = event_id::EventId::parse(text) {
        assert_eq!(id.to_string(), text);
    }
});

/// Every cursor survives encoding and decoding.
fn check_round_trip(bytes: &[u8; 20]) {
    let sealing = CursorKey::new([0; 32]);
    let (millis, id) = bytes.split_at(8);
    let millis = i64::from_be_bytes(millis.try_into().expect("8 bytes"));
    let id: [u8; 12] = id.try_into().expect("12 bytes");
    for sort in SORTS {
        let key = match sort {
            Sort::Oldest | Sort::Newest => SortKey::Created(millis),
            Sort::PriceAsc | Sort::PriceDesc => SortKey::Price {
                minor: millis,
                as_of: millis.saturating_abs(),
            },
            Sort::NameAsc | Sort::NameDesc => SortKey::Name(millis.to_string()),
        };
        let cursor = listing::Cursor {
            key,
            id: domain::ProductId::from_bytes(id),
        };
        let text = products_cursor::encode(&sealing, sort, &cursor);
        assert_eq!(products_cursor::decode(&sealing, sort, &text), Some(cursor));
    }
    if let Ok(created_at) = jiff::Timestamp::from_millisecond(millis) {
        let cursor = order::Cursor {
            created_at,
            id: domain::OrderId::from_bytes(id),
        };
        let text = orders_cursor::encode(&sealing, cursor);
        assert_eq!(orders_cursor::decode(&sealing, &text), Some(cursor));
    }
}
