//! Clients that occupy a connection without completing a request.

use std::time::Duration;

use crate::exchange::{Reply, exchange_chunks};
use crate::report::CaseResult;
use crate::target::Target;

/// Time until the server must have closed the connection of an incomplete request.
const REQUEST_LIMIT: Duration = Duration::from_secs(40);
/// Time until the server must have closed an idle connection; nginx's keep-alive timeout is the
/// longest.
const IDLE_LIMIT: Duration = Duration::from_secs(75);

/// Runs all cases in parallel.
pub(crate) fn run(target: &Target) -> Vec<CaseResult> {
    let path = target.post_path();
    let get = target.protected_path();
    let whole = format!("GET {get} HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    let half = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{{");
    let second = Duration::from_secs(1);
    let bytes = [b"a".as_slice(); 60];
    let slow_head = [&[head.as_bytes()], bytes.as_slice()].concat();
    let slow_body = [&[half.as_bytes()], bytes.as_slice()].concat();
    let cases: [(&str, Vec<&[u8]>, Duration); 6] = [
        (
            "a connection without a request",
            vec![b"".as_slice()],
            IDLE_LIMIT,
        ),
        ("half a head", vec![head.as_bytes()], REQUEST_LIMIT),
        ("a head with a byte a second", slow_head, REQUEST_LIMIT),
        ("half a body", vec![half.as_bytes()], REQUEST_LIMIT),
        (
            "a connection that is idle after a response",
            vec![whole.as_bytes()],
            IDLE_LIMIT,
        ),
        ("a body with a byte a second", slow_body, REQUEST_LIMIT),
    ];
    std::thread::scope(|scope| {
        let running: Vec<_> = cases
            .into_iter()
            .map(|(case, chunks, limit)| {
                scope.spawn(move || {
                    let reply = exchange_chunks(target, &chunks, second, limit + second);
                    result(target, case, limit, &reply)
                })
            })
            .collect();
        running
            .into_iter()
            .map(|case| case.join().expect("no case panics"))
            .collect()
    })
}

fn result(target: &Target, case: &str, limit: Duration, reply: &Reply) -> CaseResult {
    CaseResult {
        target: target.kind.name(),
        case: case.to_owned(),
        expected: format!("closed within {} s", limit.as_secs()),
        actual: format!("{} after {} s", reply.summary(), reply.elapsed.as_secs()),
        passed: reply.is_closed && reply.elapsed <= limit,
    }
}
