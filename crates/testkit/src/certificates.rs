//! Certificates for the services, MongoDB and Kafka of a test, and the authority that signs them.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use backing_services::TlsFiles;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::random::random_id;
use crate::settings::Settings;
use crate::tls_front;

/// The files with the current certificate, which all servers share.
pub struct Certificates {
    folder: PathBuf,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Certificates {
    /// Creates an authority and a certificate in a new folder in `parent`.
    pub(crate) fn new(parent: &Path) -> Self {
        let folder = parent.join(format!("certificates-{}", random_id()));
        fs::create_dir(&folder).expect("cannot create a folder in the scratch directory");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "authority");
        let authority = CertifiedIssuer::self_signed(params, new_key()).expect("is signed");
        let certificates = Self { folder, authority };
        replace(&certificates.authorities(), &certificates.authority.pem());
        certificates.renew();
        certificates
    }

    /// Replaces the certificate and its key. The servers have to read them again.
    pub fn renew(&self) {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names).expect("the names are valid");
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "shop");
        let key = new_key();
        let certificate = params.signed_by(&key, &self.authority).expect("is signed");
        let (key, certificate) = (key.serialize_pem(), certificate.pem());
        replace(&self.key(), &key);
        replace(&self.certificate(), &certificate);
        replace(&self.key_and_certificate(), &format!("{key}{certificate}"));
    }

    /// Returns an error unless the server at this address has the current certificate.
    pub(crate) async fn check_presented_at(&self, address: &str) -> Result<(), String> {
        let stream = tls_front::connect(address, &self.authorities()).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let presented = stream.get_ref().1.peer_certificates();
        let presented = presented.and_then(<[_]>::first);
        let current = CertificateDer::from_pem_file(self.certificate()).expect("a certificate");
        if presented == Some(&current) {
            Ok(())
        } else {
            Err("it has another certificate".to_owned())
        }
    }

    pub(crate) fn authorities(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    pub(crate) fn files(&self) -> TlsFiles {
        TlsFiles {
            key_and_certificate: self.key_and_certificate(),
            authorities: self.authorities(),
        }
    }

    /// The settings with which a service speaks HTTPS.
    pub(crate) fn service_settings(&self) -> Settings {
        [
            ("TLS_CERTIFICATE_FILE", self.certificate()),
            ("TLS_KEY_FILE", self.key()),
            ("TLS_CA_FILE", self.authorities()),
        ]
        .into_iter()
        .map(|(name, path)| (name.to_owned(), path.display().to_string()))
        .collect()
    }

    fn certificate(&self) -> PathBuf {
        self.folder.join("tls.crt")
    }

    fn key(&self) -> PathBuf {
        self.folder.join("tls.key")
    }

    fn key_and_certificate(&self) -> PathBuf {
        self.folder.join("tls-combined.pem")
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Certificates")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

/// Replaces a file at once: a server may read it at any moment.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).expect("cannot write in the scratch directory");
    fs::rename(&new, path).expect("cannot rename in the scratch directory");
}
