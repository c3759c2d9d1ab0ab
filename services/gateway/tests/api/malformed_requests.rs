//! Requests that no HTTP client library sends, written byte by byte.

use serde_json::json;
use testkit::TIMEOUT;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Gateway, echo, gateway, unused_address};

/// Sends bytes and reads until the gateway closes the connection.
async fn send(gateway: &Gateway, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(request).await.unwrap();
    let mut response = Vec::new();
    // A reset after the response is allowed.
    let _ = tokio::time::timeout(TIMEOUT, connection.read_to_end(&mut response))
        .await
        .expect("the gateway closes the connection");
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test]
async fn given_ambiguous_or_malformed_requests_when_sent_then_400_and_the_connection_closes() {
    let gateway = gateway(&[echo().await], &[]).await;
    let cases: [&[u8]; 7] = [
        b"POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/products HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /api/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /api/products HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /api/products HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        b"POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /api/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        b"GET /api/products HTTP/1.1\r\nHost : a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ];
    for case in cases {
        let response = send(&gateway, case).await;
        let shown = String::from_utf8_lossy(case);
        assert!(response.starts_with("HTTP/1.1 400 "), "{shown}\n{response}");
        assert_eq!(
            response.matches("HTTP/1.1").count(),
            1,
            "{shown}\n{response}"
        );
    }
}

#[tokio::test]
async fn given_an_absolute_target_of_another_server_when_sent_then_only_its_path_is_used() {
    let gateway = gateway(&[echo().await], &[]).await;
    let request = b"GET http://evil.example:1/api/products?x=1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let response = send(&gateway, request).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    assert!(
        response.contains("\"target\":\"/api/products?x=1\""),
        "{response}"
    );
    let request = b"CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let response = send(&gateway, request).await;
    assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
}

#[tokio::test]
async fn given_an_http_1_0_request_when_sent_then_it_is_answered() {
    let gateway = gateway(&[echo().await], &[]).await;
    let response = send(&gateway, b"GET /api/products HTTP/1.0\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.0 200 "), "{response}");
    assert!(response.contains("\"method\":\"GET\""), "{response}");
}

#[tokio::test]
async fn given_a_header_line_of_16_kib_when_sent_then_it_is_forwarded_whole() {
    let gateway = gateway(&[echo().await], &[]).await;
    let cookie = "x".repeat(16 * 1024 - "Cookie: ".len());
    let client = gateway.client.with_header("Cookie", &cookie);
    let seen = client.post("/api/login", &json!({})).await.expect(200);
    assert_eq!(seen.json()["headers"]["cookie"], cookie);
}

#[tokio::test]
async fn given_a_request_head_that_is_too_large_when_sent_then_431() {
    let gateway = gateway(&[echo().await], &[]).await;
    let request = format!(
        "GET /api/products HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    let response = send(&gateway, request.as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
}

#[tokio::test]
async fn given_a_body_that_never_arrives_when_the_timeout_expires_then_408_and_no_upstream_was_called()
 {
    let gateway = gateway(&[unused_address().await], &["--body-timeout", "100ms"]).await;
    let request = b"POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{";
    let response = send(&gateway, request).await;
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
}
