//! Valid requests with random damage. The shop always answers, and never with a 5xx.

use std::collections::BTreeMap;
use std::thread;

use fastrand::Rng;
use serde_json::json;

use crate::account::Account;
use crate::exchange::{Reply, exchange_until_idle, request};
use crate::report::CaseResult;
use crate::target::{Kind, Target};

/// Number of damaged copies of each request.
const COPIES: usize = 300;
const MAX_CONNECTIONS: usize = 12;
/// Fewer, because failed logins are limited per address.
const LOGIN_COPIES: usize = 40;
/// Bytes with a special meaning for one of the parsers.
const TOKENS: [&[u8]; 22] = [
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

/// Sends damaged copies of each valid request; one result per request.
pub(crate) fn run(target: &Target, account: Option<&Account>, seed: u64) -> Vec<CaseResult> {
    let mut random = Rng::with_seed(seed);
    // An address for documentation (RFC 5737), so no real client is rate limited.
    let address = format!("192.0.2.{}", random.u8(1..255));
    let authorization = account.map(|account| format!("Bearer {}", account.access_token));
    operations(target)
        .into_iter()
        .map(|(method, path, body)| {
            let mut headers = vec![("X-Forwarded-For", address.as_str())];
            if let Some(authorization) = &authorization {
                headers.push(("Authorization", authorization));
            }
            let valid = request(target, method, path, &headers, body.as_bytes());
            let copies = if path == "/api/login" {
                LOGIN_COPIES
            } else {
                COPIES
            };
            let requests: Vec<_> = (0..copies).map(|_| damaged(&valid, &mut random)).collect();
            send_all(
                target,
                format!("{copies} damaged {method} {path}"),
                &requests,
            )
        })
        .collect()
}

fn send_all(target: &Target, case: String, requests: &[Vec<u8>]) -> CaseResult {
    let replies: Vec<Reply> = thread::scope(|scope| {
        let workers: Vec<_> = requests
            .chunks(requests.len().div_ceil(MAX_CONNECTIONS))
            .map(|requests| {
                let send = |request: &Vec<u8>| exchange_until_idle(target, request);
                scope.spawn(move || requests.iter().map(send).collect::<Vec<Reply>>())
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("no case panics"))
            .collect()
    });
    let is_edge = target.kind == Kind::Edge;
    let bad = requests
        .iter()
        .zip(&replies)
        .find(|(request, reply)| is_unacceptable(request, reply, is_edge));
    CaseResult {
        target: target.kind.name(),
        case,
        expected: "responses, no 5xx".to_owned(),
        actual: match bad {
            None => status_counts(&replies),
            Some((request, reply)) => format!("{} for {}", reply.summary(), request.escape_ascii()),
        },
        passed: bad.is_none(),
    }
}

/// A server may wait for the rest of a request, but must not close the connection silently. nginx
/// answers an unknown encoding with 501 and an unknown version with 505, and an HTTP/0.9 request
/// without a head or not at all.
fn is_unacceptable(request: &[u8], reply: &Reply, is_edge: bool) -> bool {
    let statuses = reply.statuses();
    let is_server_error =
        |status: &u16| *status >= 500 && !(is_edge && matches!(status, 501 | 505));
    let is_silent = if is_edge {
        reply.bytes.is_empty() && !is_http_0_9(request)
    } else {
        statuses.is_empty()
    };
    statuses.iter().any(is_server_error) || (is_silent && reply.is_closed)
}

/// Whether the request line has no version.
fn is_http_0_9(request: &[u8]) -> bool {
    let line = request.split(|byte| *byte == b'\n').next();
    !line.is_some_and(|line| line.windows(6).any(|word| word == b" HTTP/"))
}

/// Counts each status; damage can split a request in two, which then has two responses.
fn status_counts(replies: &[Reply]) -> String {
    let mut counts = BTreeMap::<u16, usize>::new();
    for status in replies.iter().flat_map(Reply::statuses) {
        *counts.entry(status).or_default() += 1;
    }
    let unanswered = replies
        .iter()
        .filter(|reply| reply.statuses().is_empty())
        .count();
    let mut parts: Vec<String> = counts
        .iter()
        .map(|(status, count)| format!("{count} \u{d7} {status}"))
        .collect();
    if unanswered > 0 {
        parts.push(format!("{unanswered} \u{d7} no response"));
    }
    parts.join(", ")
}

/// One valid request of each kind that the target answers. The ordered product does not exist.
fn operations(target: &Target) -> Vec<(&'static str, &'static str, String)> {
    let credentials = json!({ "email": "nobody@test.example", "password": "a long sentence" });
    let order = json!({ "products": [{ "name": "nothing like this", "quantity": 1 }] });
    let product = json!({ "product": { "name": "nothing like this", "description": "x", "price": 1.5, "quantity": 1, "categories": ["kitchen"] } });
    let refresh_token = json!({ "refresh_token": "x" });
    let restock = json!({ "add_quantity": 1 });
    let category = json!({ "name": "kitchen" });
    let accounts = [
        ("POST", "/api/register", credentials.to_string()),
        ("POST", "/api/login", credentials.to_string()),
        ("POST", "/api/refresh", refresh_token.to_string()),
        ("POST", "/api/logout", refresh_token.to_string()),
        ("GET", "/api/me", String::new()),
    ];
    let products = [
        ("GET", "/api/products?name=chair&limit=5", String::new()),
        ("POST", "/api/products", product.to_string()),
        ("PATCH", "/api/products?name=nothing", restock.to_string()),
        ("POST", "/api/categories", category.to_string()),
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

/// Copies the request with one to four mutations. Mostly corrects the Content-Length, because
/// otherwise the servers would rarely read a body.
fn damaged(request: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut copy = request.to_vec();
    for _ in 0..random.usize(1..=4) {
        mutate(&mut copy, random);
    }
    if random.u8(0..16) > 0 {
        with_correct_length(&copy)
    } else {
        copy
    }
}

fn mutate(copy: &mut Vec<u8>, random: &mut Rng) {
    let body = find(copy, b"\r\n\r\n").map_or(copy.len(), |head| head + 4);
    let start = if random.bool() && body < copy.len() {
        body
    } else {
        0
    };
    let at = random.usize(start..copy.len());
    let end = (at + random.usize(1..8)).min(copy.len());
    match random.u8(0..5) {
        0 => copy[at] ^= 1 << random.u8(0..8),
        1 => drop(copy.drain(at..end)),
        2 => {
            let bytes = copy[at..end].to_vec();
            copy.splice(at..at, bytes.repeat(random.usize(1..40)));
        }
        _ => {
            let token = TOKENS[random.usize(..TOKENS.len())];
            let end = if random.bool() { end } else { at };
            copy.splice(at..end, token.iter().copied());
        }
    }
}

/// Copies the request with the Content-Length of its body, if it still has that header.
fn with_correct_length(request: &[u8]) -> Vec<u8> {
    const NAME: &[u8] = b"Content-Length: ";
    let (Some(start), Some(head)) = (find(request, NAME), find(request, b"\r\n\r\n")) else {
        return request.to_vec();
    };
    let start = start + NAME.len();
    let Some(length) = find(&request[start..], b"\r\n").filter(|end| start + end <= head) else {
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

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes
        .windows(pattern.len())
        .position(|window| window == pattern)
}
