//! Requests that no well-meaning client sends, byte by byte.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Gateway, PATIENCE, echo, gateway};

/// Sends bytes and reads until the gateway closes the connection.
async fn send(gateway: &Gateway, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is as good as an orderly end.
    let _ = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut answer))
        .await
        .expect("closes in time");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn given_requests_that_could_be_read_in_two_ways_when_sent_then_400_and_the_connection_ends()
{
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
        let answer = send(&gateway, case).await;
        let shown = String::from_utf8_lossy(case);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{shown}\n{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{shown}\n{answer}");
    }
}

#[tokio::test]
async fn given_a_target_that_names_another_server_when_sent_then_only_its_path_counts() {
    let gateway = gateway(&[echo().await], &[]).await;
    let request = b"GET http://evil.example:1/api/products?x=1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let answer = send(&gateway, request).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.contains("\"target\":\"/api/products?x=1\""),
        "{answer}"
    );
    let answer = send(
        &gateway,
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn given_an_old_client_when_it_speaks_http_1_0_then_it_is_answered() {
    let gateway = gateway(&[echo().await], &[]).await;
    let answer = send(&gateway, b"GET /api/products HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    assert!(answer.contains("\"method\":\"GET\""), "{answer}");
}

#[tokio::test]
async fn given_a_head_that_is_too_large_when_sent_then_it_is_refused() {
    let gateway = gateway(&[echo().await], &[]).await;
    let request = format!(
        "GET /api/products HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    let answer = send(&gateway, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn given_a_body_that_never_comes_when_the_time_is_over_then_408_and_no_upstream_was_called() {
    let gateway = gateway(
        &[crate::support::nobody().await],
        &["--body-timeout", "100ms"],
    )
    .await;
    let request = b"POST /api/login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{";
    let answer = send(&gateway, request).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}
