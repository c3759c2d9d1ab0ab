//! A proxy between a service and its database, which watches the messages of the service and can lose
//! one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A running proxy. Clones share it.
#[derive(Clone)]
pub(crate) struct Proxy {
    watched: &'static [u8],
    seen: Arc<AtomicUsize>,
    loses_next: Arc<AtomicBool>,
}

impl Proxy {
    /// Starts a proxy to the server of the connection string `uri`, which watches for messages that
    /// contain `watched`. Returns the connection string of the proxy as well.
    pub(crate) async fn start(uri: &str, watched: &'static [u8]) -> (Self, String) {
        let server = uri.trim_start_matches("mongodb://");
        let server = server.split('/').next().expect("an address").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let proxy = Self {
            watched,
            seen: Arc::default(),
            loses_next: Arc::default(),
        };
        tokio::spawn(proxy.clone().run(listener, server));
        (proxy, format!("mongodb://{address}/?directConnection=true"))
    }

    /// The number of watched messages so far.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }

    /// Loses the next watched message, and all later ones of its connection, which stays open.
    pub(crate) fn lose_next(&self) {
        self.loses_next.store(true, Ordering::Relaxed);
    }

    async fn run(self, listener: TcpListener, server: String) {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await;
            let (from_server, to_server) = server.expect("a connection").into_split();
            let (from_client, to_client) = client.into_split();
            tokio::spawn(self.clone().forward(from_client, to_server));
            tokio::spawn(async move {
                let (mut from, mut to) = (from_server, to_client);
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    }

    async fn forward(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut bytes).await {
            let bytes = &bytes[..length];
            if bytes
                .windows(self.watched.len())
                .any(|part| part == self.watched)
            {
                self.seen.fetch_add(1, Ordering::Relaxed);
                if self.loses_next.swap(false, Ordering::Relaxed) {
                    std::future::pending::<()>().await;
                }
            }
            if to.write_all(bytes).await.is_err() {
                return;
            }
        }
    }
}
