//! `--healthcheck`: a program asks its own running copy how it is.
//!
//! An image with nothing else in it has no `curl` that could do it. One request over loopback takes
//! no HTTP client either, so it is written by hand.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

/// For connecting, and for each piece of the answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// More than any answer about health has.
const LONGEST_ANSWER: u64 = 16 * 1024;

/// What is wrong with a server that was asked for its health.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// It could not be asked.
    #[error("does not answer at {address}: {source}")]
    NoAnswer {
        /// Where it was looked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// It says so itself.
    #[error("is not ready: {0}")]
    NotReady(String),
}

/// Asks the server that listens on `listen`, says in one sentence what it answered, and gives the
/// exit code that container engines understand.
pub fn report(name: &str, listen: SocketAddr, path: &str) -> ExitCode {
    let (sentence, code) = match ask(listen, path) {
        Ok(()) => (format!("{name} is ready"), ExitCode::SUCCESS),
        Err(unhealthy) => (format!("{name} {unhealthy}"), ExitCode::FAILURE),
    };
    // There may be nobody who reads it.
    let _ = writeln!(io::stdout(), "{sentence}");
    code
}

/// Whether the server that listens on `listen` answers 200 at `path`.
pub fn ask(listen: SocketAddr, path: &str) -> Result<(), Unhealthy> {
    let address = reachable(listen);
    let answer =
        exchange(address, path).map_err(|source| Unhealthy::NoAnswer { address, source })?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let line = head.lines().next().unwrap_or_default();
    if line.split(' ').nth(1) == Some("200") {
        Ok(())
    } else {
        Err(Unhealthy::NotReady(format!("{line} {body}")))
    }
}

/// Who listens everywhere is found on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(host, listen.port())
}

fn exchange(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(LONGEST_ANSWER).read_to_string(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// What becomes of a health check that is answered with this.
    fn answered(answer: &'static str) -> Result<(), Unhealthy> {
        let listener = TcpListener::bind("0.0.0.0:0").expect("binds");
        let address = listener.local_addr().expect("has an address");
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("is called");
            let mut request = [0; 1024];
            let length = stream.read(&mut request).expect("reads");
            stream.write_all(answer.as_bytes()).expect("answers");
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let outcome = ask(address, "/health/ready");
        let request = server.join().expect("ends");
        assert!(request.starts_with("GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:"));
        outcome
    }

    #[test]
    fn given_a_server_when_asked_for_its_health_then_only_200_is_healthy() {
        answered("HTTP/1.1 200 OK\r\n\r\n{}").expect("healthy");
        let sentence = |answer| answered(answer).expect_err("unhealthy").to_string();
        assert_eq!(
            sentence("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"database\":false}"),
            "is not ready: HTTP/1.1 503 Service Unavailable {\"database\":false}"
        );
        assert!(sentence("").starts_with("is not ready"));
    }

    #[test]
    fn given_nobody_who_listens_when_asked_then_the_address_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let address = listener.local_addr().expect("has an address");
        drop(listener);
        let sentence = ask(address, "/").expect_err("unhealthy").to_string();
        assert!(
            sentence.starts_with(&format!("does not answer at {address}")),
            "{sentence}"
        );
    }
}
