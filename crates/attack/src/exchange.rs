//! One connection: what was sent, and what came back.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::target::Target;

/// How long an answer is waited for where nothing is slow on purpose.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// What came back on a connection.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) bytes: Vec<u8>,
    /// Whether the server closed the connection, in whatever way.
    pub(crate) closed: bool,
    pub(crate) after: Duration,
}

impl Seen {
    /// The statuses of the answers, in their order.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let text = String::from_utf8_lossy(&self.bytes);
        text.match_indices("HTTP/1.")
            .filter_map(|(at, _)| text.get(at + 9..at + 12)?.parse().ok())
            .collect()
    }

    /// What follows the first answer's headers, as it came.
    pub(crate) fn body(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        text.split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .unwrap_or_default()
    }

    /// For the table.
    pub(crate) fn told(&self) -> String {
        let statuses: Vec<String> = self.statuses().iter().map(u16::to_string).collect();
        match (statuses.is_empty(), self.closed) {
            (true, true) => "closed without an answer".to_owned(),
            (true, false) => "no answer, still open".to_owned(),
            (false, true) => statuses.join(", then "),
            (false, false) => format!("{}, still open", statuses.join(", then ")),
        }
    }
}

/// Sends bytes and reads until the server closes the connection or `patience` is over.
pub(crate) fn exchange(target: &Target, request: &[u8], patience: Duration) -> Seen {
    exchange_slowly(target, &[request], Duration::ZERO, patience)
}

/// The same, with a pause before each further piece.
pub(crate) fn exchange_slowly(
    target: &Target,
    pieces: &[&[u8]],
    pause: Duration,
    patience: Duration,
) -> Seen {
    let begin = Instant::now();
    let mut seen = Seen::default();
    let Ok(mut connection) = TcpStream::connect_timeout(&target.address, PATIENCE) else {
        return seen;
    };
    // Only what makes a wait end; without them it would be the test that hangs.
    let _ = connection.set_write_timeout(Some(PATIENCE));
    for (number, piece) in pieces.iter().enumerate() {
        if number > 0 && read(&mut connection, &mut seen, pause) {
            break;
        }
        // Who is refused early may well not read on: the answer tells.
        if connection.write_all(piece).is_err() {
            break;
        }
    }
    if !seen.closed {
        read(
            &mut connection,
            &mut seen,
            patience.saturating_sub(begin.elapsed()),
        );
    }
    let _ = connection.shutdown(Shutdown::Both);
    seen.after = begin.elapsed();
    seen
}

/// Sends bytes and reads only as long as something can be expected: a server may well wait for
/// more of a request whose end was damaged.
pub(crate) fn glimpse(target: &Target, request: &[u8]) -> Seen {
    const BEFORE_AN_ANSWER: Duration = Duration::from_secs(2);
    const AFTER_AN_ANSWER: Duration = Duration::from_millis(200);
    let mut seen = Seen::default();
    let Ok(mut connection) = TcpStream::connect_timeout(&target.address, PATIENCE) else {
        return seen;
    };
    let _ = connection.set_write_timeout(Some(PATIENCE));
    let _ = connection.write_all(request);
    let end = Instant::now() + BEFORE_AN_ANSWER;
    while seen.bytes.is_empty() && !seen.closed && Instant::now() < end {
        read(&mut connection, &mut seen, Duration::from_millis(20));
    }
    while !seen.closed {
        let before = seen.bytes.len();
        read(&mut connection, &mut seen, AFTER_AN_ANSWER);
        if seen.bytes.len() == before {
            break;
        }
    }
    seen
}

/// Reads for this long; whether the server has closed the connection.
fn read(connection: &mut TcpStream, seen: &mut Seen, length: Duration) -> bool {
    let end = Instant::now() + length;
    let mut buffer = [0; 8192];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        let _ = connection.set_read_timeout(Some(left));
        match connection.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => seen.bytes.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return false;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    seen.closed = true;
    true
}

/// A request that asks for the connection to be closed after it.
pub(crate) fn request(
    target: &Target,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut lines = vec![
        format!("{method} {path} HTTP/1.1"),
        format!("Host: {}", target.authority),
        "Connection: close".to_owned(),
    ];
    lines.extend(
        headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    if !body.is_empty() {
        lines.push("Content-Type: application/json".to_owned());
        lines.push(format!("Content-Length: {}", body.len()));
    }
    let head = lines.join("\r\n") + "\r\n";
    [head.as_bytes(), b"\r\n", body].concat()
}
