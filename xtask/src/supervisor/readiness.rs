//! Readiness of a process.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use backing_services::Readiness;

use crate::{layout::Instance, state::State, stores::store};

const TIMEOUT: Duration = Duration::from_secs(2);

/// Asks a process once: a store in its own protocol, every other process over HTTP.
pub(crate) fn readiness(state: &State, instance: &Instance) -> Readiness {
    if let Some(store) = store(state, instance) {
        return store.readiness();
    }
    let path = if instance.component.is_edge() {
        "/"
    } else {
        "/health/ready"
    };
    match status_line(instance.port, path) {
        // HTTP/1.1 200 OK
        Ok(line) if line.split(' ').nth(1) == Some("200") => Readiness::Ready,
        Ok(line) => Readiness::NotYet(format!("GET {path} returns {}", line.trim())),
        Err(error) => Readiness::NotYet(format!("GET {path}: {error}")),
    }
}

/// Sends a GET to 127.0.0.1:`port` and returns the first line of the response, which needs no HTTP
/// client.
fn status_line(port: u16, path: &str) -> io::Result<String> {
    let mut stream =
        TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use std::{io::Read, net::TcpListener, thread};

    use super::*;

    #[test]
    fn given_a_response_when_requested_then_its_first_line_is_returned() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            stream
                .write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        assert_eq!(
            status_line(port, "/health/ready").unwrap(),
            "HTTP/1.1 503 Service Unavailable\r\n"
        );
        let request = server.join().unwrap();
        assert!(request.starts_with("GET /health/ready HTTP/1.1\r\n"));
    }
}
