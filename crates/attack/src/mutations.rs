//! Good requests with random damage. Whatever it is, there is an answer, and it is no 5xx.

use std::collections::BTreeMap;
use std::thread;

use fastrand::Rng;
use serde_json::json;

use crate::account::Account;
use crate::exchange::{Seen, glimpse, request};
use crate::report::Row;
use crate::target::{Kind, Target};

/// Damaged copies of each request.
const COPIES: usize = 300;
/// Connections at the same time.
const AT_ONCE: usize = 12;
/// Of a log-in, because each that fails counts against the address it comes from.
const LOG_INS: usize = 40;
/// What means something to one of those who read it.
const WORDS: [&[u8]; 22] = [
    b"\0",
    b"\r\n",
    b"\r\n\r\n",
    b"\xff\xfe",
    b"%00",
    b"%2e%2e%2f",
    b"../",
    b"//",
    b"?",
    b"&",
    b"{\"$ne\":\"\"}",
    b"$where",
    b".*",
    b"(",
    b"[[[[[[[[",
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"NaN",
    b"\"",
    b"\xf0\x9f\xaa\x91",
];

/// A row for each kind of request.
pub(crate) fn rows(target: &Target, account: Option<&Account>, seed: u64) -> Vec<Row> {
    let mut random = Rng::with_seed(seed);
    // Whoever this is, it is nobody who lives there (RFC 5737).
    let address = format!("192.0.2.{}", random.u8(1..255));
    let authorization = account.map(|account| format!("Bearer {}", account.access_token));
    operations(target)
        .into_iter()
        .map(|(method, path, body)| {
            let mut headers = vec![("X-Forwarded-For", address.as_str())];
            if let Some(authorization) = &authorization {
                headers.push(("Authorization", authorization));
            }
            let whole = request(target, method, path, &headers, body.as_bytes());
            let copies = if path == "/api/login" {
                LOG_INS
            } else {
                COPIES
            };
            let requests: Vec<_> = (0..copies).map(|_| damaged(&whole, &mut random)).collect();
            row(
                target,
                format!("{copies} damaged {method} {path}"),
                &requests,
            )
        })
        .collect()
}

fn row(target: &Target, case: String, requests: &[Vec<u8>]) -> Row {
    let seen: Vec<Seen> = thread::scope(|scope| {
        let share = requests.len().div_ceil(AT_ONCE);
        let parts: Vec<_> = requests
            .chunks(share)
            .map(|part| {
                scope.spawn(move || {
                    part.iter()
                        .map(|request| glimpse(target, request))
                        .collect()
                })
            })
            .collect();
        let collected = parts
            .into_iter()
            .map(|part| -> Vec<Seen> { part.join().expect("the attack goes to its end") });
        collected.flatten().collect()
    });
    let is_edge = target.kind == Kind::Edge;
    let bad = requests
        .iter()
        .zip(&seen)
        .find(|(request, seen)| is_bad(request, seen, is_edge));
    Row {
        target: target.kind.name(),
        case,
        expected: "answers, no 5xx".to_owned(),
        held: bad.is_none(),
        seen: match bad {
            None => counted(&seen),
            Some((request, seen)) => format!("{} for {}", seen.told(), request.escape_ascii()),
        },
    }
}

/// A server that waits for the rest of a request is right; one that says nothing and goes is not.
/// nginx calls encodings and versions that there are not a 501 and a 505, and answers without a
/// head, or with nothing at all, what looks like HTTP/0.9.
fn is_bad(request: &[u8], seen: &Seen, is_edge: bool) -> bool {
    let statuses = seen.statuses();
    let is_mistake = |status: &u16| *status >= 500 && !(is_edge && matches!(status, 501 | 505));
    let said_nothing = if is_edge {
        seen.bytes.is_empty() && !names_no_version(request)
    } else {
        statuses.is_empty()
    };
    statuses.iter().any(is_mistake) || (said_nothing && seen.closed)
}

/// Whether its first line ends after the target, as in HTTP/0.9.
fn names_no_version(request: &[u8]) -> bool {
    let line = request.split(|byte| *byte == b'\n').next();
    !line.is_some_and(|line| line.windows(6).any(|word| word == b" HTTP/"))
}

/// How often each status was seen; a request that damage split in two may have two.
fn counted(seen: &[Seen]) -> String {
    let mut counts = BTreeMap::<u16, usize>::new();
    for status in seen.iter().flat_map(Seen::statuses) {
        *counts.entry(status).or_default() += 1;
    }
    let waits = seen
        .iter()
        .filter(|seen| seen.statuses().is_empty())
        .count();
    let mut parts: Vec<String> = counts
        .iter()
        .map(|(status, count)| format!("{count} \u{d7} {status}"))
        .collect();
    if waits > 0 {
        parts.push(format!("{waits} \u{d7} waits for more"));
    }
    parts.join(", ")
}

/// One good request of each kind that the target answers; nothing that is ordered exists.
fn operations(target: &Target) -> Vec<(&'static str, &'static str, String)> {
    let log_in = json!({ "email": "nobody@test.example", "password": "a long sentence" });
    let order = json!({ "products": [{ "name": "nothing like this", "quantity": 1 }] });
    let product = json!({ "product": { "name": "nothing like this", "description": "x", "price": 1.5, "quantity": 1, "categories": ["kitchen"] } });
    let accounts = [
        ("POST", "/api/register", log_in.to_string()),
        ("POST", "/api/login", log_in.to_string()),
        (
            "POST",
            "/api/refresh",
            json!({ "refresh_token": "x" }).to_string(),
        ),
        (
            "POST",
            "/api/logout",
            json!({ "refresh_token": "x" }).to_string(),
        ),
        ("GET", "/api/me", String::new()),
    ];
    let products = [
        ("GET", "/api/products?name=chair&limit=5", String::new()),
        ("POST", "/api/products", product.to_string()),
        (
            "PATCH",
            "/api/products?name=nothing",
            json!({ "add_quantity": 1 }).to_string(),
        ),
        (
            "POST",
            "/api/categories",
            json!({ "name": "kitchen" }).to_string(),
        ),
    ];
    let orders = [
        ("GET", "/api/orders?limit=5&cursor=x", String::new()),
        ("GET", "/api/orders/71fefe4a1cad4140785928a4", String::new()),
        ("POST", "/api/orders", order.to_string()),
    ];
    match target.kind {
        Kind::Edge | Kind::Gateway => [accounts.as_slice(), &products, &orders].concat(),
        Kind::Authentication => accounts.to_vec(),
        Kind::Products => products.to_vec(),
        Kind::Orders => orders.to_vec(),
    }
}

/// A copy with one to four injuries; where the length that it announces then is wrong, it is
/// sometimes mended, or nothing behind the head would ever be read.
fn damaged(request: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut copy = request.to_vec();
    for _ in 0..random.usize(1..=4) {
        injure(&mut copy, random);
    }
    if random.u8(0..16) > 0 {
        with_length(&copy)
    } else {
        copy
    }
}

fn injure(copy: &mut Vec<u8>, random: &mut Rng) {
    let body = position(copy, b"\r\n\r\n").map_or(copy.len(), |head| head + 4);
    let from = if random.bool() && body < copy.len() {
        body
    } else {
        0
    };
    let at = random.usize(from..copy.len());
    let end = (at + random.usize(1..8)).min(copy.len());
    match random.u8(0..5) {
        0 => copy[at] ^= 1 << random.u8(0..8),
        1 => drop(copy.drain(at..end)),
        2 => {
            let piece = copy[at..end].to_vec();
            copy.splice(at..at, piece.repeat(random.usize(1..40)));
        }
        _ => {
            let word = WORDS[random.usize(..WORDS.len())];
            let end = if random.bool() { end } else { at };
            copy.splice(at..end, word.iter().copied());
        }
    }
}

/// The same with the Content-Length of what is there, if it still announces one.
fn with_length(request: &[u8]) -> Vec<u8> {
    const NAME: &[u8] = b"Content-Length: ";
    let (Some(start), Some(head)) = (position(request, NAME), position(request, b"\r\n\r\n"))
    else {
        return request.to_vec();
    };
    let start = start + NAME.len();
    let Some(length) = position(&request[start..], b"\r\n").filter(|end| start + end <= head)
    else {
        return request.to_vec();
    };
    let size = (request.len() - head - 4).to_string();
    [
        &request[..start],
        size.as_bytes(),
        &request[start + length..],
    ]
    .concat()
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
