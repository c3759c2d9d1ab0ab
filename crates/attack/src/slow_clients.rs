//! Clients that hold a connection and give nothing for it.

use std::time::Duration;

use crate::exchange::{Seen, exchange_slowly};
use crate::report::Row;
use crate::target::{Kind, Target};

/// By when such a connection must have ended; the longest limit of the shop is nginx's for
/// connections that rest between two requests.
const LIMIT: Duration = Duration::from_secs(40);
const RESTING_LIMIT: Duration = Duration::from_secs(75);

/// Tries them all, at the same time.
pub(crate) fn rows(target: &Target) -> Vec<Row> {
    let path = target.post_path();
    let get = target.guarded_path();
    let whole = format!("GET {get} HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    let half = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{{");
    let second = Duration::from_secs(1);
    let drops = [b"a".as_slice(); 60];
    let slow_head = [&[head.as_bytes()], drops.as_slice()].concat();
    let slow_body = [&[half.as_bytes()], drops.as_slice()].concat();
    let mut cases: Vec<(&str, Vec<&[u8]>, Duration)> = vec![
        (
            "a connection on which nothing comes",
            vec![b"".as_slice()],
            RESTING_LIMIT,
        ),
        ("half a head", vec![head.as_bytes()], LIMIT),
        ("a head with a byte a second", slow_head, LIMIT),
        ("half a body", vec![half.as_bytes()], LIMIT),
        (
            "a connection that rests after an answer",
            vec![whole.as_bytes()],
            RESTING_LIMIT,
        ),
    ];
    // nginx limits the pauses within a body and not the whole; nobody behind it waits with it.
    if target.kind != Kind::Edge {
        cases.push(("a body with a byte a second", slow_body, LIMIT));
    }
    std::thread::scope(|scope| {
        let tried: Vec<_> = cases
            .into_iter()
            .map(|(case, pieces, limit)| {
                scope.spawn(move || {
                    let seen = exchange_slowly(target, &pieces, second, limit + second);
                    row(target, case, limit, &seen)
                })
            })
            .collect();
        tried
            .into_iter()
            .map(|row| row.join().expect("the attack goes to its end"))
            .collect()
    })
}

fn row(target: &Target, case: &str, limit: Duration, seen: &Seen) -> Row {
    Row {
        target: target.kind.name(),
        case: case.to_owned(),
        expected: format!("closed within {} s", limit.as_secs()),
        seen: format!("{} after {} s", seen.told(), seen.after.as_secs()),
        held: seen.closed && seen.after <= limit,
    }
}
