//! The framing check: it detects every request with two lengths that hyper would serve, whatever
//! bytes come before that request.
//!
//! The first byte is the chunk size in which the stream arrives. Then follow the bytes before the
//! request with two lengths and, after a zero byte, further headers of that request.
#![no_main]

#[path = "../../crates/service-kit/src/framing.rs"]
mod framing;

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};

use framing::Framing;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// As in service-kit's server.
const MAX_HEAD: usize = 16 * 1024;
const MARKER: &str = "/has-two-lengths";

fuzz_target!(|bytes: &[u8]| {
    let Some((&chunk_size, rest)) = bytes.split_first() else {
        return;
    };
    let (before, headers) = match rest.iter().position(|byte| *byte == 0) {
        Some(zero) => (&rest[..zero], &rest[zero + 1..]),
        None => (rest, &b"Transfer-Encoding: chunked\r\n"[..]),
    };
    let has_marker = |bytes: &[u8]| {
        bytes
            .windows(MARKER.len())
            .any(|text| text == MARKER.as_bytes())
    };
    if has_marker(before) || has_marker(headers) {
        return;
    }
    let chunk_size = if chunk_size == 0 {
        MAX_HEAD
    } else {
        usize::from(chunk_size)
    };
    let head = format!("POST {MARKER} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n");
    let stream = [before, head.as_bytes(), headers, b"\r\n0\r\n\r\n"].concat();
    check_chunk_size_is_irrelevant(&stream, chunk_size);
    check_hyper_serves_no_undetected_request(stream, chunk_size);
});

fn check_chunk_size_is_irrelevant(stream: &[u8], chunk_size: usize) {
    let mut whole = Framing::new(stream.len());
    let mut chunked = Framing::new(stream.len());
    let found = stream
        .chunks(chunk_size)
        .fold(false, |found, bytes| chunked.is_ambiguous(bytes) || found);
    assert_eq!(whole.is_ambiguous(stream), found);
}

fn check_hyper_serves_no_undetected_request(stream: Vec<u8>, chunk_size: usize) {
    let found = Arc::new(AtomicBool::new(false));
    let connection = Connection {
        stream,
        read: 0,
        chunk_size,
        framing: Framing::new(MAX_HEAD),
        found: Arc::clone(&found),
    };
    let service = service_fn(async |request: Request<Incoming>| {
        if request.uri().path() == MARKER
            && request.headers().contains_key(header::TRANSFER_ENCODING)
        {
            assert!(
                found.load(Ordering::Relaxed),
                "hyper served an undetected request with two lengths"
            );
        }
        let _ = request.into_body().collect().await;
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    let serving = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(connection), service);
    let mut serving = pin!(serving);
    let is_woken = Arc::new(WakeFlag(AtomicBool::new(true)));
    let waker = Arc::clone(&is_woken).into();
    let mut context = Context::from_waker(&waker);
    // The stream is in memory, so a task that was not woken waits for further requests.
    while is_woken.0.swap(false, Ordering::Relaxed) {
        if serving.as_mut().poll(&mut context).is_ready() {
            break;
        }
    }
}

struct WakeFlag(AtomicBool);

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A client that sends the stream in chunks, ignores the responses and keeps the connection open.
struct Connection {
    stream: Vec<u8>,
    read: usize,
    chunk_size: usize,
    framing: Framing,
    found: Arc<AtomicBool>,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let remaining = self.stream.len() - self.read;
        if remaining == 0 {
            return Poll::Pending;
        }
        let end = self.read + remaining.min(self.chunk_size).min(buffer.remaining());
        let this = &mut *self;
        let chunk = &this.stream[this.read..end];
        if this.framing.is_ambiguous(chunk) {
            this.found.store(true, Ordering::Relaxed);
        }
        buffer.put_slice(chunk);
        this.read = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
