//! Requests in a stream of bytes: whatever comes before it, a request with two lengths that hyper
//! would serve is one that our reading of the same bytes has found.
//!
//! The first byte is the size of the pieces in which all comes. Then comes what stands before the
//! request with two lengths, and after a zero byte what stands in its head.
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
const MARK: &str = "/has-two-lengths";

fuzz_target!(|bytes: &[u8]| {
    let Some((&piece, rest)) = bytes.split_first() else {
        return;
    };
    let (before, within) = match rest.iter().position(|byte| *byte == 0) {
        Some(zero) => (&rest[..zero], &rest[zero + 1..]),
        None => (rest, &b"Transfer-Encoding: chunked\r\n"[..]),
    };
    let marked = |bytes: &[u8]| {
        bytes
            .windows(MARK.len())
            .any(|text| text == MARK.as_bytes())
    };
    if marked(before) || marked(within) {
        return;
    }
    let piece = if piece == 0 {
        MAX_HEAD
    } else {
        usize::from(piece)
    };
    let head = format!("POST {MARK} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n");
    let stream = [before, head.as_bytes(), within, b"\r\n0\r\n\r\n"].concat();
    pieces_do_not_matter(&stream, piece);
    hyper_serves_no_other(stream, piece);
});

fn pieces_do_not_matter(stream: &[u8], piece: usize) {
    let mut whole = Framing::new(stream.len());
    let mut in_pieces = Framing::new(stream.len());
    let found = stream
        .chunks(piece)
        .fold(false, |found, bytes| in_pieces.is_ambiguous(bytes) || found);
    assert_eq!(whole.is_ambiguous(stream), found);
}

fn hyper_serves_no_other(stream: Vec<u8>, piece: usize) {
    let found = Arc::new(AtomicBool::new(false));
    let connection = Watched {
        stream,
        read: 0,
        piece,
        framing: Framing::new(MAX_HEAD),
        found: Arc::clone(&found),
    };
    let service = service_fn(async |request: Request<Incoming>| {
        if request.uri().path() == MARK && request.headers().contains_key(header::TRANSFER_ENCODING)
        {
            assert!(
                found.load(Ordering::Relaxed),
                "a request with two lengths was served"
            );
        }
        let _ = request.into_body().collect().await;
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    let serving = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(connection), service);
    let mut serving = pin!(serving);
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Arc::clone(&woken).into();
    let mut context = Context::from_waker(&waker);
    // All is in memory, so who is not woken by now waits for more requests.
    while woken.0.swap(false, Ordering::Relaxed) {
        if serving.as_mut().poll(&mut context).is_ready() {
            break;
        }
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A client that sends a stream in pieces, throws the answers away and stays.
struct Watched {
    stream: Vec<u8>,
    read: usize,
    piece: usize,
    framing: Framing,
    found: Arc<AtomicBool>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.stream.len() - self.read;
        if left == 0 {
            return Poll::Pending;
        }
        let end = self.read + left.min(self.piece).min(buffer.remaining());
        let this = &mut *self;
        let piece = &this.stream[this.read..end];
        if this.framing.is_ambiguous(piece) {
            this.found.store(true, Ordering::Relaxed);
        }
        buffer.put_slice(piece);
        this.read = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
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
