//! Requests that can be read in two ways, are no HTTP, or are too large or too deep.

use crate::account::Account;
use crate::exchange::{PATIENCE, Seen, exchange, request};
use crate::report::Row;
use crate::target::{Kind, Target};

/// What must come of a request.
enum Expected {
    /// One answer with one of these statuses, and then the end of the connection, whatever else
    /// was sent.
    Refused(&'static [u16]),
    /// These answers, in this order.
    Answers(&'static [u16]),
}

struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    expected: Expected,
}

/// A second request that must never be answered, behind one that is refused.
const HIDDEN: &str = "GET /api/products HTTP/1.1\r\nHost: a\r\n\r\n";

/// Tries them all.
pub(crate) fn rows(target: &Target, account: Option<&Account>) -> Vec<Row> {
    let cases = [
        framing(target),
        heads(target),
        beside_the_api(target),
        bodies(target, account),
    ];
    cases
        .into_iter()
        .flatten()
        .map(|case| row(target, &case))
        .collect()
}

fn row(target: &Target, case: &Case) -> Row {
    let seen = exchange(target, &case.bytes, PATIENCE);
    Row {
        target: target.kind.name(),
        case: case.name.to_owned(),
        expected: case.expected.told(),
        held: case.expected.is_met_by(&seen),
        seen: seen.told(),
    }
}

impl Expected {
    fn is_met_by(&self, seen: &Seen) -> bool {
        let statuses = seen.statuses();
        match self {
            Self::Refused(allowed) => {
                seen.closed && statuses.len() == 1 && allowed.contains(&statuses[0])
            }
            Self::Answers(expected) => statuses == *expected,
        }
    }

    fn told(&self) -> String {
        let (statuses, between) = match self {
            Self::Refused(statuses) => (statuses, " or "),
            Self::Answers(statuses) => (statuses, ", then "),
        };
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        statuses.join(between)
    }
}

/// Where a request ends (RFC 9112, 6.3).
fn framing(target: &Target) -> Vec<Case> {
    let path = target.post_path();
    let posted = |name, headers: &str, body: &str| Case {
        name,
        bytes: format!("POST {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n{body}{HIDDEN}")
            .into_bytes(),
        expected: Expected::Refused(&[400]),
    };
    // nginx says that it does not implement other encodings.
    let unknown_encoding: &[u16] = if target.kind == Kind::Edge {
        &[400, 501]
    } else {
        &[400]
    };
    // These find out first that there is no token.
    let broken_later: &[u16] = match target.kind {
        Kind::Products | Kind::Orders => &[400, 401],
        _ => &[400],
    };
    vec![
        posted(
            "a length, then chunks",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "0\r\n\r\n",
        ),
        posted(
            "chunks, then a length",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "0\r\n\r\n",
        ),
        posted("two lengths", "Content-Length: 1\r\nContent-Length: 2", "ab"),
        posted("a length with a sign", "Content-Length: +2", "{}"),
        posted("a length below zero", "Content-Length: -1", ""),
        posted("a length that is hexadecimal", "Content-Length: 0x2", "{}"),
        posted("a list of lengths", "Content-Length: 2, 3", "{}"),
        posted(
            "a length beyond all numbers",
            "Content-Length: 99999999999999999999999",
            "",
        ),
        posted("a space before a colon", "Content-Length : 2", "{}"),
        Case {
            expected: Expected::Refused(unknown_encoding),
            ..posted(
                "an unknown encoding",
                "Transfer-Encoding: xchunked",
                "0\r\n\r\n",
            )
        },
        Case {
            expected: Expected::Refused(unknown_encoding),
            ..posted(
                "chunks that are not last",
                "Transfer-Encoding: chunked, identity",
                "0\r\n\r\n",
            )
        },
        Case {
            expected: Expected::Refused(broken_later),
            ..posted("a chunk of no size", "Transfer-Encoding: chunked", "x\r\n")
        },
        Case {
            name: "chunks in HTTP/1.0",
            bytes: format!(
                "POST {path} HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"
            )
            .into_bytes(),
            expected: Expected::Refused(&[400]),
        },
    ]
}

/// What comes before a body.
fn heads(target: &Target) -> Vec<Case> {
    let path = target.guarded_path();
    let case = |name, bytes: String, expected| Case {
        name,
        bytes: bytes.into_bytes(),
        expected,
    };
    let refused = |name, head: String| case(name, head, Expected::Refused(&[400]));
    let too_large: &[u16] = if target.kind == Kind::Edge {
        &[400, 414]
    } else {
        &[414, 431]
    };
    let unknown_version: &[u16] = if target.kind == Kind::Edge {
        &[400, 505]
    } else {
        &[400]
    };
    let headers = "X: x\r\n".repeat(300);
    let mut cases = vec![
        refused(
            "two hosts",
            format!("GET {path} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n{HIDDEN}"),
        ),
        refused("no host", format!("GET {path} HTTP/1.1\r\n\r\n{HIDDEN}")),
        refused(
            "a host that is none",
            format!("GET {path} HTTP/1.1\r\nHost: a b\r\n\r\n{HIDDEN}"),
        ),
        refused(
            "a header without a name",
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n{HIDDEN}"),
        ),
        refused(
            "a zero byte in a header",
            format!("GET {path} HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n{HIDDEN}"),
        ),
        case(
            "a version that there is not",
            format!("GET {path} HTTP/9.9\r\nHost: a\r\n\r\n{HIDDEN}"),
            Expected::Refused(unknown_version),
        ),
        refused(
            "the beginning of TLS",
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n".to_owned(),
        ),
        case(
            "a head of 40 KiB",
            format!(
                "GET {path} HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
                "x".repeat(40_960)
            ),
            Expected::Refused(too_large),
        ),
        case(
            "a target of 40 KiB",
            format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(40_960)),
            Expected::Refused(too_large),
        ),
        case(
            "two requests at once",
            "GET /api/x HTTP/1.1\r\nHost: a\r\n\r\nGET /api/y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            Expected::Answers(&[404, 404]),
        ),
        case(
            "an unknown method",
            format!("BREW {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
            Expected::Answers(&[405]),
        ),
    ];
    if target.kind != Kind::Edge {
        cases.push(case(
            "300 headers",
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n"),
            Expected::Refused(&[431]),
        ));
        cases.push(case(
            "a way up out of the folder",
            "GET /api/../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            Expected::Answers(&[404]),
        ));
    }
    cases
}

/// What probes and scrapes ask for is not passed on by the gateway, and read as strictly.
fn beside_the_api(target: &Target) -> Vec<Case> {
    if target.kind == Kind::Edge {
        return Vec::new();
    }
    let refused = |name, head: String| Case {
        name,
        bytes: format!("{head}\r\n\r\n{HIDDEN}").into_bytes(),
        expected: Expected::Refused(&[400]),
    };
    vec![
        refused(
            "a length and chunks for /health/live",
            "GET /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"
                .to_owned(),
        ),
        refused(
            "two hosts for /health/ready",
            "GET /health/ready HTTP/1.1\r\nHost: a\r\nHost: b".to_owned(),
        ),
        refused(
            "no host for /metrics",
            "GET /metrics HTTP/1.1".to_owned(),
        ),
    ]
}

/// What is behind the head. Each would do but for one thing.
fn bodies(target: &Target, account: Option<&Account>) -> Vec<Case> {
    let path = target.post_path();
    let authorization = account.map(|account| format!("Bearer {}", account.access_token));
    let headers: Vec<_> = authorization
        .iter()
        .map(|value| ("Authorization", value.as_str()))
        .collect();
    let posted = |name, body: &[u8], expected| Case {
        name,
        bytes: request(target, "POST", path, &headers, body),
        expected: Expected::Answers(match (target.kind, account) {
            // Without the right to the call nobody is read.
            (Kind::Products, Some(_)) => &[403],
            (Kind::Products | Kind::Orders, None) => &[401],
            _ => expected,
        }),
    };
    let (good, with_operator) = match target.kind {
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
        let open = good.strip_suffix('}').unwrap_or(good);
        [open.as_bytes(), b",\"z\":", value, b"}"].concat()
    };
    let deep = ["[".repeat(4_000), "]".repeat(4_000)].concat();
    vec![
        posted("JSON that is 4,000 deep", deep.as_bytes(), &[422]),
        posted(
            "a field that nobody knows, 4,000 deep",
            &with_field(deep.as_bytes()),
            &[422],
        ),
        posted(
            "a field that is not UTF-8",
            &with_field(b"\"\xff\xfe\""),
            &[422],
        ),
        posted("a body of 3 MB", &vec![b'x'; 3_000_000], &[413]),
        posted(
            "an operator in place of a text",
            with_operator.as_bytes(),
            &[422],
        ),
    ]
}
