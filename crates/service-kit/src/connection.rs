//! A connection that waits for its client no longer than it must, that closes so that the client
//! still gets its last answer, and that remembers whether its requests can be read in two ways.
//!
//! hyper asks a body for more only when what it gave was taken, so nothing inside an answer can
//! end it while its client does not read. And a socket that is closed while something unread is in
//! it is reset, which takes from the client the answer it has not read yet (RFC 9112, 9.6): who
//! sends a body that is too large would then see a broken connection and not why.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::framing::Framing;

/// For how long a client may go on sending after its last answer.
const LINGER: Duration = Duration::from_secs(2);

/// Whether a request on this connection said twice how long its body is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ambiguous(Arc<AtomicBool>);

impl Ambiguous {
    /// Of the requests up to the one that is being answered.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection on which a write waits for at most `patience`.
pub(crate) struct Connection {
    stream: TcpStream,
    framing: Framing,
    ambiguous: Ambiguous,
    patience: Duration,
    /// Runs while a write waits.
    write_deadline: Option<Pin<Box<Sleep>>>,
    /// Runs when all is written that will be.
    linger_deadline: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// A connection whose requests' heads are at most `most_head` bytes long.
    pub(crate) fn new(stream: TcpStream, patience: Duration, most_head: usize) -> Self {
        Self {
            stream,
            framing: Framing::new(most_head),
            ambiguous: Ambiguous::default(),
            patience,
            write_deadline: None,
            linger_deadline: None,
        }
    }

    /// What is found out about the requests that are read here.
    pub(crate) fn ambiguous(&self) -> Ambiguous {
        self.ambiguous.clone()
    }

    fn in_time(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.write_deadline = None;
            return written;
        }
        let patience = self.patience;
        let deadline = self
            .write_deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Throws away what still comes, until the client closes its side or time is up.
    fn linger(
        &mut self,
        context: &mut Context<'_>,
        mut deadline: Pin<Box<Sleep>>,
    ) -> Poll<io::Result<()>> {
        let mut scrap = [0; 4096];
        loop {
            if deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut scrap);
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

impl AsyncRead for Connection {
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

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.in_time(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let deadline = if let Some(deadline) = self.linger_deadline.take() {
            deadline
        } else {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            Box::pin(tokio::time::sleep(LINGER))
        };
        self.linger(context, deadline)
    }
}
