//! A client that tells an answer that was cut off from none at all, which is what the tests are about.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// Longer than the edge waits for anything.
const PATIENCE: Duration = Duration::from_secs(40);

/// What became of a request.
pub(super) enum Outcome {
    /// It was answered.
    Answered(Answer),
    /// Not a byte came back: nobody had taken it.
    TurnedAway,
    /// The answer broke off.
    CutOff,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// A request.
#[derive(Default)]
pub(super) struct Request<'a> {
    pub(super) token: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    /// Without a body it is a GET.
    pub(super) body: Option<Value>,
}

/// Sends a request to 127.0.0.1:`port`, over a connection of its own.
pub(super) fn send(port: u16, path: &str, request: &Request<'_>) -> Outcome {
    let mut received = Vec::new();
    // What came before it broke off is judged below.
    let _ = exchange(port, path, request, &mut received);
    judge(&received)
}

fn exchange(
    port: u16,
    path: &str,
    request: &Request<'_>,
    received: &mut Vec<u8>,
) -> io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let body = request.body.as_ref().map(Value::to_string);
    let method = if body.is_some() { "POST" } else { "GET" };
    // HTTP/1.0: the answer is not chunked, and ends with the connection.
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

fn judge(received: &[u8]) -> Outcome {
    if received.is_empty() {
        return Outcome::TurnedAway;
    }
    read(&String::from_utf8_lossy(received)).map_or(Outcome::CutOff, Outcome::Answered)
}

/// The answer, if it is whole.
fn read(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let announced = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    if announced.is_some_and(|length| body.len() < length) {
        return None;
    }
    Some(Answer {
        status,
        body: serde_json::from_str(body).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_what_came_back_when_judged_then_whole_answers_differ_from_parts_and_from_nothing() {
        let status = |text: &str| match judge(text.as_bytes()) {
            Outcome::Answered(answer) => Some(answer.status),
            Outcome::CutOff => Some(0),
            Outcome::TurnedAway => None,
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
