//! A port without TLS in front of a service with TLS, as the edge is in front of the gateway: the client of
//! the tests has no TLS.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Forwards connections to the service at `port`, whose certificate one of the `authorities` must have signed.
/// Returns the new port. Ends with the test.
pub(crate) fn forward_to(port: u16, authorities: PathBuf) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener
        .set_nonblocking(true)
        .expect("a listener that does not block");
    let front = listener.local_addr().expect("an address").port();
    let listener = TcpListener::from_std(listener).expect("a listener");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let authorities = authorities.clone();
            tokio::spawn(async move {
                // The client notices that its connection is closed.
                let _ = forward(client, port, &authorities).await;
            });
        }
    });
    front
}

async fn forward(mut client: TcpStream, port: u16, authorities: &Path) -> io::Result<()> {
    let mut server = connect(&format!("127.0.0.1:{port}"), authorities).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// Connects to a server whose certificate one of the `authorities` must have signed.
pub(crate) async fn connect(address: &str, authorities: &Path) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let connector = TlsConnector::from(Arc::new(config(authorities)));
    let name = ServerName::try_from("127.0.0.1").expect("an address");
    connector.connect(name, stream).await
}

fn config(authorities: &Path) -> ClientConfig {
    let pem = fs::read(authorities).expect("a file with the authorities");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has the protocols")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
