//! The encryption of backups: anyone with the public key can write one, and only the owner of the
//! secret key can read it. The format is that of <https://age-encryption.org>.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret as _;
use age::stream::StreamWriter;
use age::x25519;
use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use runtime::secret;

use crate::print_line;

/// The public key.
#[derive(Args, Clone)]
pub(crate) struct Recipient {
    /// The public key for which backups are encrypted, as `backup key` prints it. Without it they are
    /// not encrypted, which only a folder accepts.
    #[arg(long, env = "BACKUP_RECIPIENT", default_value = "", value_parser = PublicKey::parse)]
    recipient: PublicKey,
}

/// The secret key.
#[derive(Args)]
pub(crate) struct IdentityFile {
    /// The file with the secret key, as `backup key` prints it, for an encrypted backup; `-` is the
    /// standard input.
    #[arg(long, env = "BACKUP_IDENTITY_FILE")]
    identity: Option<PathBuf>,
}

/// The secret key, if there is one.
#[derive(Clone)]
pub(crate) struct Identity(Option<x25519::Identity>);

#[derive(Clone)]
struct PublicKey(Option<x25519::Recipient>);

impl PublicKey {
    /// Compose passes an unset variable as an empty one.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let is_set = !text.is_empty();
        Ok(Self(is_set.then(|| text.parse()).transpose()?))
    }
}

impl Recipient {
    pub(crate) fn encrypts(&self) -> bool {
        self.recipient.0.is_some()
    }

    /// Compresses, and then encrypts, what is written.
    pub(crate) fn wrap<W: Write>(&self, output: W) -> Result<Encoder<W>> {
        let output = match &self.recipient.0 {
            Some(recipient) => {
                let recipients = std::iter::once(recipient as &dyn age::Recipient);
                let encryptor = age::Encryptor::with_recipients(recipients)?;
                Sealed::Encrypted(encryptor.wrap_output(output)?)
            }
            None => Sealed::Plain(output),
        };
        Ok(Encoder(GzEncoder::new(output, Compression::fast())))
    }
}

impl IdentityFile {
    /// Reads the file, if there is one.
    pub(crate) fn read(&self) -> Result<Identity> {
        let path = self
            .identity
            .as_deref()
            .filter(|path| *path != Path::new(""));
        let Some(path) = path else {
            return Ok(Identity(None));
        };
        let text = if path == Path::new("-") {
            io::read_to_string(io::stdin())?.into()
        } else {
            secret::from_file("BACKUP_IDENTITY_FILE", path)?
        };
        let is_key = |line: &&str| !line.is_empty() && !line.starts_with('#');
        let key = text
            .expose_secret()
            .lines()
            .find(is_key)
            .unwrap_or_default();
        let identity = key.parse().map_err(|error| {
            anyhow!(
                "BACKUP_IDENTITY_FILE={} has no secret key: {error}",
                path.display()
            )
        })?;
        Ok(Identity(Some(identity)))
    }
}

impl Identity {
    /// Decrypts what is read, if it is encrypted, and decompresses it.
    pub(crate) fn unwrap(&self, input: Box<dyn Read>, is_encrypted: bool) -> Result<impl Read> {
        if !is_encrypted {
            return Ok(MultiGzDecoder::new(input));
        }
        let identity = self.0.as_ref().context(
            "the backup is encrypted; name the file with its secret key in BACKUP_IDENTITY_FILE",
        )?;
        let identities = std::iter::once(identity as &dyn age::Identity);
        let decryptor = age::Decryptor::new(input)?;
        let decrypted: Box<dyn Read> = Box::new(decryptor.decrypt(identities)?);
        Ok(MultiGzDecoder::new(decrypted))
    }
}

/// Prints a new secret key, with its public key as a comment.
pub(crate) fn print_new_key() {
    let identity = x25519::Identity::generate();
    print_line(format_args!("# BACKUP_RECIPIENT={}", identity.to_public()));
    print_line(identity.to_string().expose_secret());
}

/// Compresses and encrypts. What is not finished cannot be read.
pub(crate) struct Encoder<W: Write>(GzEncoder<Sealed<W>>);

impl<W: Write> Encoder<W> {
    pub(crate) fn finish(self) -> io::Result<W> {
        match self.0.finish()? {
            Sealed::Plain(output) => Ok(output),
            Sealed::Encrypted(output) => output.finish(),
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

enum Sealed<W: Write> {
    Plain(W),
    Encrypted(StreamWriter<W>),
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(output) => output.write(bytes),
            Self::Encrypted(output) => output.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(output) => output.flush(),
            Self::Encrypted(output) => output.flush(),
        }
    }
}
