//! The side that connects.

use std::sync::Arc;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::error::TlsError;
use crate::reloading::Reloading;
use crate::settings::TlsSettings;

impl TlsSettings {
    /// Adds HTTPS to a connector. Must be called in a runtime of Tokio, which keeps the authorities fresh.
    pub fn connector<H>(&self, http: H) -> Result<HttpsConnector<H>, TlsError> {
        let builder = HttpsConnectorBuilder::new().with_tls_config(self.client_config()?);
        Ok(builder.https_or_http().enable_http1().wrap_connector(http))
    }

    /// Without authorities, no certificate is accepted.
    fn client_config(&self) -> Result<ClientConfig, TlsError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?;
        let Some(file) = self.authorities() else {
            let none = RootCertStore::empty();
            return Ok(builder.with_root_certificates(none).with_no_client_auth());
        };
        let current = Current(Reloading::open(vec![file], verifier)?);
        let builder = builder.dangerous();
        Ok(builder
            .with_custom_certificate_verifier(Arc::new(current))
            .with_no_client_auth())
    }
}

fn verifier(contents: &[Vec<u8>]) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&contents.concat()) {
        authorities.add(certificate.map_err(|source| TlsError::Content {
            expected: "certificate",
            source,
        })?)?;
    }
    let provider = Arc::new(ring::default_provider());
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(authorities), provider);
    Ok(builder.build()?)
}

/// The verifier of rustls, with the current authorities.
#[derive(Debug)]
struct Current(Arc<Reloading<WebPkiServerVerifier>>);

impl ServerCertVerifier for Current {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.0
            .current()
            .verify_server_cert(certificate, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .current()
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .current()
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.current().supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsConnector;

    use super::*;

    /// Writes a certificate for `name`, its key, and the authority that has signed it; returns the settings of
    /// a service with them.
    fn service(folder: &Path, name: &str) -> TlsSettings {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(params, key).expect("is signed");
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new([name.to_owned()])
            .expect("a name")
            .signed_by(&key, &authority)
            .expect("is signed");
        let write = |kind: &str, text: String| {
            let file = folder.join(format!("{name}.{kind}"));
            std::fs::write(&file, text).expect("a written file");
            Some(file.display().to_string())
        };
        TlsSettings {
            tls_certificate_file: write("crt", certificate.pem()),
            tls_key_file: write("key", key.serialize_pem()),
            tls_ca_file: write("ca", authority.pem()),
        }
    }

    /// Whether `client` accepts the certificate of `server` for the name `orders`.
    async fn connects(client: &TlsSettings, server: &TlsSettings) -> bool {
        let server = server.server().expect("usable files").expect("a server");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let _ = server.accept(stream).await;
        });
        let stream = TcpStream::connect(address).await.expect("a connection");
        let config = client.client_config().expect("usable files");
        let name = ServerName::try_from("orders").expect("a name");
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.is_ok()
    }

    #[tokio::test]
    async fn given_authorities_when_connected_then_only_their_certificate_for_the_name_is_accepted()
    {
        let folder = tempfile::tempdir().expect("a folder");
        let orders = service(folder.path(), "orders");
        let products = service(folder.path(), "products");
        assert!(connects(&orders, &orders).await);
        assert!(!connects(&products, &orders).await, "another authority");
        assert!(!connects(&products, &products).await, "another name");
        assert!(
            !connects(&TlsSettings::default(), &orders).await,
            "no authority"
        );
    }

    #[tokio::test]
    async fn given_files_that_do_not_belong_together_when_read_then_it_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let orders = service(folder.path(), "orders");
        let products = service(folder.path(), "products");
        let mixed = TlsSettings {
            tls_key_file: products.tls_key_file.clone(),
            ..orders.clone()
        };
        assert!(matches!(mixed.server(), Err(TlsError::Certificate(_))));
        let half = TlsSettings {
            tls_key_file: None,
            ..orders
        };
        let error = half.server().err().expect("no key").to_string();
        assert!(error.contains("TLS_KEY_FILE"), "{error}");
    }
}
