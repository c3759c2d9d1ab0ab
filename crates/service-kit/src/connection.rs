//! A connection with a write timeout, a lingering close, and a check for ambiguous requests.
//!
//! The write timeout is here because hyper polls a response body only after the previous chunk was
//! written: nothing inside a response can end it while the client does not read. The close lingers
//! because a socket that is closed with unread input is reset, and the client loses the last response
//! (RFC 9112, 9.6), such as the 413 to a body that it is still sending.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::framing::Framing;

/// How long input is discarded after the last response.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether a request on this connection had both a Content-Length and a Transfer-Encoding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ambiguous(Arc<AtomicBool>);

impl Ambiguous {
    /// Whether any request so far was ambiguous.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection whose writes have a timeout.
pub(crate) struct Connection<S> {
    stream: S,
    framing: Framing,
    ambiguous: Ambiguous,
    write_timeout: Duration,
    /// Set while a write is pending.
    write_deadline: Option<Pin<Box<Sleep>>>,
    /// Set once the write side is shut down.
    linger_deadline: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// `max_head` is the maximum size of a request's headers in bytes.
    pub(crate) fn new(stream: S, write_timeout: Duration, max_head: usize) -> Self {
        Self {
            stream,
            framing: Framing::new(max_head),
            ambiguous: Ambiguous::default(),
            write_timeout,
            write_deadline: None,
            linger_deadline: None,
        }
    }

    /// The check of this connection's requests.
    pub(crate) fn ambiguous(&self) -> Ambiguous {
        self.ambiguous.clone()
    }

    fn with_timeout<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_deadline = None;
            return written;
        }
        let timeout = self.write_timeout;
        let deadline = self
            .write_deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Discards input until the client closes its side or the linger timeout ends.
    fn linger(
        &mut self,
        context: &mut Context<'_>,
        mut deadline: Pin<Box<Sleep>>,
    ) -> Poll<io::Result<()>> {
        let mut discarded = [0; 4096];
        loop {
            if deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut discarded);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    self.linger_deadline = Some(deadline);
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.framing.is_ambiguous(&buffer.filled()[before..]) {
            self.ambiguous.0.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.with_timeout(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.with_timeout(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // TLS buffers what it could not write.
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.with_timeout(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let deadline = if let Some(deadline) = self.linger_deadline.take() {
            deadline
        } else {
            let closed = Pin::new(&mut self.stream).poll_shutdown(context);
            ready!(self.with_timeout(context, closed))?;
            Box::pin(tokio::time::sleep(LINGER_TIMEOUT))
        };
        self.linger(context, deadline)
    }
}
