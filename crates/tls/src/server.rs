//! The side that accepts connections.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::TlsError;
use crate::reloading::Reloading;

/// Accepts connections with the current certificate. Clones share it.
#[derive(Clone)]
pub struct Server(TlsAcceptor);

impl Server {
    pub(crate) fn new(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let current = Current(Reloading::open(vec![certificate, key], certified_key)?);
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(current));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Waits for the handshake.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

#[derive(Debug)]
struct Current(Arc<Reloading<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.current())
    }
}

/// Parses the two files, and checks that they belong together.
fn certified_key(contents: &[Vec<u8>]) -> Result<Arc<CertifiedKey>, TlsError> {
    let [certificates, key] = contents else {
        return Err(TlsError::Incomplete);
    };
    let certificates = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| TlsError::Content {
            expected: "certificate",
            source,
        })?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|source| TlsError::Content {
        expected: "private key",
        source,
    })?;
    let certified = CertifiedKey::from_der(certificates, key, &ring::default_provider())?;
    Ok(Arc::new(certified))
}
