//! One connection: sends raw bytes and collects what the server replies.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::target::Target;

/// Timeout of connections, writes and responses of cases that are not slow on purpose.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(15);

/// Everything that a server sent on a connection.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    /// Whether the server closed or reset the connection.
    pub(crate) is_closed: bool,
    /// Time from the connection to the end of reading.
    pub(crate) elapsed: Duration,
}

impl Reply {
    /// The status codes of all responses, in order.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let text = String::from_utf8_lossy(&self.bytes);
        text.match_indices("HTTP/1.")
            .filter_map(|(at, _)| text.get(at + 9..at + 12)?.parse().ok())
            .collect()
    }

    /// Everything after the first response's head.
    pub(crate) fn body(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        text.split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .unwrap_or_default()
    }

    /// Statuses and state of the connection, for the result table.
    pub(crate) fn summary(&self) -> String {
        let statuses: Vec<String> = self.statuses().iter().map(u16::to_string).collect();
        match (statuses.is_empty(), self.is_closed) {
            (true, true) => "closed without a response".to_owned(),
            (true, false) => "no response, still open".to_owned(),
            (false, true) => statuses.join(", then "),
            (false, false) => format!("{}, still open", statuses.join(", then ")),
        }
    }
}

/// Sends `request` and reads until the server closes the connection or `timeout` has passed.
pub(crate) fn exchange(target: &Target, request: &[u8], timeout: Duration) -> Reply {
    exchange_chunks(target, &[request], Duration::ZERO, timeout)
}

/// Like [`exchange`], with a pause before each chunk except the first.
pub(crate) fn exchange_chunks(
    target: &Target,
    chunks: &[&[u8]],
    pause: Duration,
    timeout: Duration,
) -> Reply {
    let start = Instant::now();
    let mut reply = Reply::default();
    let Some(mut connection) = connect(target) else {
        return reply;
    };
    for (index, chunk) in chunks.iter().enumerate() {
        if index > 0 && read(&mut connection, &mut reply, pause) {
            break;
        }
        // After an early error response the server may stop reading; the reply shows it.
        if connection.write_all(chunk).is_err() {
            break;
        }
    }
    if !reply.is_closed {
        let remaining = timeout.saturating_sub(start.elapsed());
        read(&mut connection, &mut reply, remaining);
    }
    let _ = connection.shutdown(Shutdown::Both);
    reply.elapsed = start.elapsed();
    reply
}

/// Sends `request` and reads until the server is idle: it may rightly wait for more of a request
/// whose end was damaged.
pub(crate) fn exchange_until_idle(target: &Target, request: &[u8]) -> Reply {
    const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(2);
    const IDLE_TIMEOUT: Duration = Duration::from_millis(200);
    let mut reply = Reply::default();
    let Some(mut connection) = connect(target) else {
        return reply;
    };
    let _ = connection.write_all(request);
    let deadline = Instant::now() + FIRST_BYTE_TIMEOUT;
    while reply.bytes.is_empty() && !reply.is_closed && Instant::now() < deadline {
        read(&mut connection, &mut reply, Duration::from_millis(20));
    }
    while !reply.is_closed {
        let before = reply.bytes.len();
        read(&mut connection, &mut reply, IDLE_TIMEOUT);
        if reply.bytes.len() == before {
            break;
        }
    }
    reply
}

fn connect(target: &Target) -> Option<TcpStream> {
    let connection = TcpStream::connect_timeout(&target.address, TIMEOUT).ok()?;
    // The timeout only prevents the attack itself from hanging.
    let _ = connection.set_write_timeout(Some(TIMEOUT));
    Some(connection)
}

/// Reads for `duration`. Returns whether the server closed the connection.
fn read(connection: &mut TcpStream, reply: &mut Reply, duration: Duration) -> bool {
    let deadline = Instant::now() + duration;
    let mut buffer = [0; 8192];
    loop {
        let remaining = deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return false;
        }
        let _ = connection.set_read_timeout(Some(remaining));
        match connection.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => reply.bytes.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return false;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    reply.is_closed = true;
    true
}

/// Builds a request with `Connection: close`.
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
