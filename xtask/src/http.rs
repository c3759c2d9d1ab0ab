//! An HTTP client for servers on this machine, which distinguishes an incomplete response from a
//! missing one.

use std::{sync::LazyLock, time::Duration};

use serde_json::Value;
use ureq::{Agent, RequestBuilder};

/// Longer than every timeout of the edge.
const TIMEOUT: Duration = Duration::from_secs(40);
const READINESS_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens a new connection for each request.
static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    let config = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_idle_connections(0)
        .proxy(None);
    config.build().into()
});

/// The outcome of a request.
pub(crate) enum Outcome {
    /// A complete response: its status and its JSON, or null.
    Complete(u16, Value),
    /// No response: no server has accepted the request.
    Missing,
    /// A part of a response.
    Incomplete,
}

/// Sends GET to 127.0.0.1:`port` and returns the status.
pub(crate) fn get_status(port: u16, path: &str) -> Result<u16, ureq::Error> {
    let request = AGENT.get(url(port, path)).config();
    let request = request.timeout_global(Some(READINESS_TIMEOUT)).build();
    Ok(request.call()?.status().as_u16())
}

/// Sends a request to 127.0.0.1:`port`: a POST if it has a body, else a GET.
pub(crate) fn send(
    port: u16,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Outcome {
    let url = url(port, path);
    let response = match body {
        Some(body) => with_headers(AGENT.post(url), headers).send_json(body),
        None => with_headers(AGENT.get(url), headers).call(),
    };
    let Ok(mut response) = response else {
        return Outcome::Missing;
    };
    match response.body_mut().read_to_vec() {
        Ok(body) => {
            let json = serde_json::from_slice(&body).unwrap_or_default();
            Outcome::Complete(response.status().as_u16(), json)
        }
        Err(_) => Outcome::Incomplete,
    }
}

fn url(port: u16, path: &str) -> String {
    format!("http://127.0.0.1:{port}{path}")
}

fn with_headers<B>(request: RequestBuilder<B>, headers: &[(&str, &str)]) -> RequestBuilder<B> {
    let headers = headers.iter();
    headers.fold(request, |request, (name, value)| {
        request.header(*name, *value)
    })
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use serde_json::json;

    use super::*;

    #[test]
    fn given_responses_when_received_then_complete_incomplete_and_missing_ones_differ() {
        let check = |response: &'static str, expected: Option<Option<u16>>| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = String::new();
                let mut bytes = [0; 1024];
                // All of it: closing a connection with unread bytes drops the response.
                while !request.ends_with("\r\n\r\n{}") {
                    let length = stream.read(&mut bytes).unwrap();
                    assert_ne!(length, 0, "the request is incomplete: {request}");
                    request.push_str(&String::from_utf8_lossy(&bytes[..length]));
                }
                stream.write_all(response.as_bytes()).unwrap();
                request
            });
            let outcome = match send(port, "/there", &[("x-key", "1")], Some(&json!({}))) {
                Outcome::Complete(status, _) => Some(Some(status)),
                Outcome::Incomplete => Some(None),
                Outcome::Missing => None,
            };
            assert_eq!(outcome, expected, "{response}");
            let request = server.join().unwrap();
            assert!(request.starts_with("POST /there HTTP/1.1\r\n"), "{request}");
            assert!(request.contains("x-key: 1\r\n"), "{request}");
        };
        let created = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";
        check(created, Some(Some(201)));
        check("HTTP/1.1 204 No Content\r\n\r\n", Some(Some(204)));
        let cut = "HTTP/1.1 201 Created\r\ncontent-length: 3\r\n\r\n{}";
        check(cut, Some(None));
        check("", None);
    }
}
