#![doc = include_str!("../README.md")]

use std::error::Error as _;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

/// Limits connecting and each read and write.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Health responses are far shorter.
const MAX_RESPONSE_BYTES: u64 = 16 * 1024;

/// Why a server is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// The request failed.
    #[error("does not respond at {address}")]
    NoResponse {
        /// The address that was requested.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// It responded with a status other than 200: the status line and the body.
    #[error("is not ready: {0}")]
    NotReady(String),
}

/// Checks the server that listens on `listen`, prints the result in one line, and returns the exit
/// code that container engines expect: 0 for healthy, 1 otherwise.
pub fn report(name: &str, listen: SocketAddr, path: &str) -> ExitCode {
    report_over(Ok, name, listen, path)
}

/// The same over what `open` makes of the connection, such as TLS.
pub fn report_over<S: Read + Write>(
    open: impl FnOnce(TcpStream) -> io::Result<S>,
    name: &str,
    listen: SocketAddr,
    path: &str,
) -> ExitCode {
    let (result, code) = match check(open, listen, path) {
        Ok(()) => ("is ready".to_owned(), ExitCode::SUCCESS),
        Err(error @ Unhealthy::NoResponse { .. }) => {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            (format!("{error}: {cause}"), ExitCode::FAILURE)
        }
        Err(error) => (error.to_string(), ExitCode::FAILURE),
    };
    // Standard output may be closed; the exit code still counts.
    let _ = writeln!(io::stdout(), "{name} {result}");
    code
}

/// Checks that the server that listens on `listen` responds 200 at `path`.
fn check<S: Read + Write>(
    open: impl FnOnce(TcpStream) -> io::Result<S>,
    listen: SocketAddr,
    path: &str,
) -> Result<(), Unhealthy> {
    let address = reachable(listen);
    let response =
        request(open, address, path).map_err(|source| Unhealthy::NoResponse { address, source })?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    let line = head.lines().next().unwrap_or_default();
    if line.split(' ').nth(1) == Some("200") {
        Ok(())
    } else {
        Err(Unhealthy::NotReady(format!("{line} {body}")))
    }
}

/// A server that listens on all addresses is reachable on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(host, listen.port())
}

fn request<S: Read + Write>(
    open: impl FnOnce(TcpStream) -> io::Result<S>,
    address: SocketAddr,
    path: &str,
) -> io::Result<String> {
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut stream = open(stream)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut response = String::new();
    stream
        .take(MAX_RESPONSE_BYTES)
        .read_to_string(&mut response)?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// The result of a check that gets `response`.
    fn check_response(response: &'static str) -> Result<(), Unhealthy> {
        let listener = TcpListener::bind("0.0.0.0:0").expect("binds");
        let address = listener.local_addr().expect("has an address");
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = String::new();
            let mut lines = BufReader::new(&stream);
            // The head ends with an empty line.
            while !request.ends_with("\r\n\r\n") {
                lines.read_line(&mut request).expect("reads");
            }
            stream.write_all(response.as_bytes()).expect("writes");
            request
        });
        let outcome = check(Ok, address, "/health/ready");
        let request = server.join().expect("ends");
        assert!(request.starts_with("GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:"));
        outcome
    }

    #[test]
    fn given_a_server_when_checked_then_only_200_is_healthy() {
        check_response("HTTP/1.1 200 OK\r\n\r\n{}").expect("healthy");
        let message = |response| check_response(response).expect_err("unhealthy").to_string();
        assert_eq!(
            message("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"database\":false}"),
            "is not ready: HTTP/1.1 503 Service Unavailable {\"database\":false}"
        );
        assert!(message("").starts_with("is not ready"));
    }

    #[test]
    fn given_no_server_when_checked_then_the_error_names_the_address() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let address = listener.local_addr().expect("has an address");
        drop(listener);
        let message = check(Ok, address, "/").expect_err("unhealthy").to_string();
        assert_eq!(message, format!("does not respond at {address}"));
    }
}
