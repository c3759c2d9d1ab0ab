//! Requests that are ambiguous, are not HTTP, or are too large or nested too deeply.

use crate::account::Account;
use crate::exchange::{Reply, TIMEOUT, exchange, request};
use crate::report::CaseResult;
use crate::target::{Kind, Target};

/// The replies that a case accepts.
enum Expected {
    /// One response with one of these statuses, after which the server closes the connection and
    /// ignores further requests on it.
    Refused(&'static [u16]),
    /// Responses with these statuses, in this order.
    Responses(&'static [u16]),
}

struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    expected: Expected,
}

/// A request after a refused one; it must never be answered.
const SMUGGLED: &str = "GET /api/products HTTP/1.1\r\nHost: a\r\n\r\n";

/// Runs all cases.
pub(crate) fn run(target: &Target, account: Option<&Account>) -> Vec<CaseResult> {
    let cases = [
        framing(target),
        heads(target),
        large_heads(target),
        unknown_resources(target),
        operational_endpoints(target),
        bodies(target, account),
    ];
    cases
        .into_iter()
        .flatten()
        .map(|case| run_case(target, &case))
        .collect()
}

fn run_case(target: &Target, case: &Case) -> CaseResult {
    let reply = exchange(target, &case.bytes, TIMEOUT);
    CaseResult {
        target: target.kind.name(),
        case: case.name.to_owned(),
        expected: case.expected.summary(),
        actual: reply.summary(),
        passed: case.expected.accepts(&reply),
    }
}

impl Expected {
    fn accepts(&self, reply: &Reply) -> bool {
        let statuses = reply.statuses();
        match self {
            Self::Refused(allowed) => {
                reply.is_closed && statuses.len() == 1 && allowed.contains(&statuses[0])
            }
            Self::Responses(expected) => statuses == *expected,
        }
    }

    fn summary(&self) -> String {
        let (statuses, separator) = match self {
            Self::Refused(statuses) => (statuses, " or "),
            Self::Responses(statuses) => (statuses, ", then "),
        };
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        statuses.join(separator)
    }
}

/// Attacks on the length of a body (RFC 9112, 6.3).
fn framing(target: &Target) -> Vec<Case> {
    // nginx answers an unknown encoding with 501 Not Implemented.
    let unknown_encoding: &[u16] = if target.kind == Kind::Edge {
        &[400, 501]
    } else {
        &[400]
    };
    // These check the token before they read the chunk.
    let broken_chunk: &[u16] = match target.kind {
        Kind::Products | Kind::Orders => &[400, 401],
        _ => &[400],
    };
    let path = target.post_path();
    let refused = |name, version: &str, headers: &str, body: &str, statuses| {
        let head = format!("POST {path} {version}\r\nHost: a\r\n{headers}");
        Case {
            name,
            bytes: format!("{head}\r\n\r\n{body}{SMUGGLED}").into_bytes(),
            expected: Expected::Refused(statuses),
        }
    };
    #[rustfmt::skip]
    let cases: [(_, _, _, &[u16]); 12] = [
        ("a length and then chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n", &[400]),
        ("chunks and then a length", "Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n", &[400]),
        ("two lengths", "Content-Length: 1\r\nContent-Length: 2", "ab", &[400]),
        ("a length with a sign", "Content-Length: +2", "{}", &[400]),
        ("a negative length", "Content-Length: -1", "", &[400]),
        ("a hexadecimal length", "Content-Length: 0x2", "{}", &[400]),
        ("a list of lengths", "Content-Length: 2, 3", "{}", &[400]),
        ("a length that overflows", "Content-Length: 99999999999999999999999", "", &[400]),
        ("a space before a colon", "Content-Length : 2", "{}", &[400]),
        ("an unknown encoding", "Transfer-Encoding: xchunked", "0\r\n\r\n", unknown_encoding),
        ("chunked is not the last encoding", "Transfer-Encoding: chunked, identity", "0\r\n\r\n", unknown_encoding),
        ("a chunk without a size", "Transfer-Encoding: chunked", "x\r\n", broken_chunk),
    ];
    let http_1_0 = refused(
        "chunks in HTTP/1.0",
        "HTTP/1.0",
        "Transfer-Encoding: chunked",
        "0\r\n\r\n",
        &[400],
    );
    cases
        .into_iter()
        .map(|(name, headers, body, statuses)| refused(name, "HTTP/1.1", headers, body, statuses))
        .chain([http_1_0])
        .collect()
}

/// Attacks on the head of a request.
fn heads(target: &Target) -> Vec<Case> {
    let path = target.protected_path();
    let refused = |name, after_path: &str| Case {
        name,
        bytes: format!("GET {path} {after_path}\r\n\r\n{SMUGGLED}").into_bytes(),
        expected: Expected::Refused(&[400]),
    };
    let unknown_version: &[u16] = if target.kind == Kind::Edge {
        &[400, 505]
    } else {
        &[400]
    };
    vec![
        refused("two hosts", "HTTP/1.1\r\nHost: a\r\nHost: b"),
        refused("no host", "HTTP/1.1"),
        refused("an invalid host", "HTTP/1.1\r\nHost: a b"),
        refused("a header without a name", "HTTP/1.1\r\nHost: a\r\n: x"),
        refused("a zero byte in a header", "HTTP/1.1\r\nHost: a\r\nX: a\0b"),
        Case {
            expected: Expected::Refused(unknown_version),
            ..refused("an unknown version", "HTTP/9.9\r\nHost: a")
        },
        Case {
            name: "a TLS handshake",
            bytes: b"\x16\x03\x01\x02\0\x01\0\x01\r\n\r\n".to_vec(),
            expected: Expected::Refused(&[400]),
        },
    ]
}

/// Heads over the size limits.
fn large_heads(target: &Target) -> Vec<Case> {
    let path = target.protected_path();
    let is_edge = target.kind == Kind::Edge;
    let too_large = &[414, 431];
    let case = |name, head: String, statuses| Case {
        name,
        bytes: format!("{head}\r\n\r\n").into_bytes(),
        expected: Expected::Refused(statuses),
    };
    let filler = "x".repeat(40_960);
    let mut cases = vec![
        case(
            "a head of 40 KiB",
            format!("GET {path} HTTP/1.1\r\nHost: a\r\nX: {filler}"),
            too_large,
        ),
        case(
            "a target of 40 KiB",
            format!("GET /{filler} HTTP/1.1\r\nHost: a"),
            too_large,
        ),
    ];
    if !is_edge {
        let headers = "\r\nX: x".repeat(300);
        cases.push(case(
            "300 headers",
            format!("GET {path} HTTP/1.1\r\nHost: a{headers}"),
            &[431],
        ));
    }
    cases
}

/// Well-formed requests for resources that do not exist.
fn unknown_resources(target: &Target) -> Vec<Case> {
    let path = target.protected_path();
    let case = |name, head: &str, statuses| Case {
        name,
        bytes: format!("{head} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").into_bytes(),
        expected: Expected::Responses(statuses),
    };
    let pipelined = "GET /api/x HTTP/1.1\r\nHost: a\r\n\r\nGET /api/y";
    let mut cases = vec![
        case("two pipelined requests", pipelined, &[404, 404]),
        case("an unknown method", &format!("BREW {path}"), &[405]),
    ];
    if target.kind != Kind::Edge {
        let traversal = "GET /api/../../etc/passwd";
        cases.push(case("a path traversal", traversal, &[404]));
    }
    cases
}

/// Health checks and metrics, which the gateway does not forward, are parsed just as strictly.
fn operational_endpoints(target: &Target) -> Vec<Case> {
    if target.kind == Kind::Edge {
        return Vec::new();
    }
    let refused = |name, head: &str| Case {
        name,
        bytes: format!("{head}\r\n\r\n{SMUGGLED}").into_bytes(),
        expected: Expected::Refused(&[400]),
    };
    vec![
        refused(
            "a length and chunks at /health/live",
            "GET /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        ),
        refused(
            "two hosts at /health/ready",
            "GET /health/ready HTTP/1.1\r\nHost: a\r\nHost: b",
        ),
        refused("no host at /metrics", "GET /metrics HTTP/1.1"),
    ]
}

/// Attacks on the body; everything else in the request is valid.
fn bodies(target: &Target, account: Option<&Account>) -> Vec<Case> {
    let path = target.post_path();
    let authorization = account.map(|account| format!("Bearer {}", account.access_token));
    let headers: Vec<_> = authorization
        .iter()
        .map(|value| ("Authorization", value.as_str()))
        .collect();
    let answered = |name, body: &[u8], expected| Case {
        name,
        bytes: request(target, "POST", path, &headers, body),
        expected: Expected::Responses(match (target.kind, account) {
            // An unauthorized body is not parsed.
            (Kind::Products, Some(_)) => &[403],
            (Kind::Products | Kind::Orders, None) => &[401],
            _ => expected,
        }),
    };
    let (valid, with_operator) = match target.kind {
        Kind::Orders | Kind::Products => (
            r#"{"products":[{"name":"nothing like this","quantity":1}]}"#,
            r#"{"products":[{"name":{"$ne":""},"quantity":1}]}"#,
        ),
        _ => (
            r#"{"email":"nobody@test.example","password":"a long sentence"}"#,
            r#"{"email":"nobody@test.example","password":{"$ne":""}}"#,
        ),
    };
    let with_field = |value: &[u8]| {
        let open = valid.strip_suffix('}').unwrap_or(valid);
        [open.as_bytes(), b",\"z\":", value, b"}"].concat()
    };
    let deep = ["[".repeat(4_000), "]".repeat(4_000)].concat();
    vec![
        answered("JSON nested 4,000 levels deep", deep.as_bytes(), &[422]),
        answered(
            "an unknown field nested 4,000 levels deep",
            &with_field(deep.as_bytes()),
            &[422],
        ),
        answered(
            "a field that is not UTF-8",
            &with_field(b"\"\xff\xfe\""),
            &[422],
        ),
        answered("a body of 3 MB", &vec![b'x'; 3_000_000], &[413]),
        answered(
            "a MongoDB operator instead of a string",
            with_operator.as_bytes(),
            &[422],
        ),
    ]
}
