//! An HTTP client that distinguishes an incomplete response from a missing one.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// Longer than every timeout of the edge.
const TIMEOUT: Duration = Duration::from_secs(40);

/// The outcome of a request.
pub(super) enum Outcome {
    /// A complete response.
    Complete(Response),
    /// No byte of a response: no server has accepted the request.
    Missing,
    /// A part of a response.
    Incomplete,
}

/// A response.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// A request.
#[derive(Default)]
pub(super) struct Request<'a> {
    pub(super) token: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    /// With a body, the request is a POST, else a GET.
    pub(super) body: Option<Value>,
}

/// Sends a request to 127.0.0.1:`port`, over a new connection.
pub(super) fn send(port: u16, path: &str, request: &Request<'_>) -> Outcome {
    let mut received = Vec::new();
    // After an error, the bytes received so far decide the outcome.
    let _ = exchange(port, path, request, &mut received);
    outcome(&received)
}

fn exchange(
    port: u16,
    path: &str,
    request: &Request<'_>,
    received: &mut Vec<u8>,
) -> io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let body = request.body.as_ref().map(Value::to_string);
    let method = if body.is_some() { "POST" } else { "GET" };
    // HTTP/1.0: the response is not chunked, and ends with the connection.
    let mut text = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\n");
    let headers = [
        (
            "Authorization",
            request.token.map(|token| format!("Bearer {token}")),
        ),
        ("Idempotency-Key", request.key.map(str::to_owned)),
        (
            "Content-Type",
            body.as_ref().map(|_| "application/json".to_owned()),
        ),
        (
            "Content-Length",
            body.as_ref().map(|body| body.len().to_string()),
        ),
    ];
    for (name, value) in headers {
        if let Some(value) = value {
            text.extend([name, ": ", &value, "\r\n"]);
        }
    }
    text.push_str("\r\n");
    text.push_str(body.as_deref().unwrap_or_default());
    stream.write_all(text.as_bytes())?;
    stream.read_to_end(received)?;
    Ok(())
}

fn outcome(received: &[u8]) -> Outcome {
    if received.is_empty() {
        return Outcome::Missing;
    }
    parse(&String::from_utf8_lossy(received)).map_or(Outcome::Incomplete, Outcome::Complete)
}

/// Parses a response; `None` if it is incomplete.
fn parse(text: &str) -> Option<Response> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let content_length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    if content_length.is_some_and(|length| body.len() < length) {
        return None;
    }
    Some(Response {
        status,
        body: serde_json::from_str(body).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_received_bytes_when_parsed_then_complete_incomplete_and_missing_responses_differ() {
        let status = |text: &str| match outcome(text.as_bytes()) {
            Outcome::Complete(response) => Some(response.status),
            Outcome::Incomplete => Some(0),
            Outcome::Missing => None,
        };
        assert_eq!(
            status("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"),
            Some(201)
        );
        assert_eq!(status("HTTP/1.1 204 No Content\r\n\r\n"), Some(204));
        assert_eq!(
            status("HTTP/1.1 201 Created\r\ncontent-length: 3\r\n\r\n{}"),
            Some(0)
        );
        assert_eq!(status("HTTP/1.1 20"), Some(0));
        assert_eq!(status(""), None);
    }
}
