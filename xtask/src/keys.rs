//! The development key that access tokens are signed with.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, Result, anyhow};
use base64::{Engine, engine::general_purpose::STANDARD};

/// What stands before the 32 bytes of the key itself in an Ed25519 private key in PKCS#8, which is
/// always the same. Source: RFC 8410, section 7, and the first example in section 10.3.
const BEFORE: [u8; 16] = [
    0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
];

/// Makes the key if there is none; only the user can read it.
pub(crate) fn make_once(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut key = [0; 32];
    // Any 32 bytes are a private key, so chance is all that it takes (RFC 8032, section 5.1.5).
    getrandom::fill(&mut key)
        .map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    let body = STANDARD.encode([BEFORE.as_slice(), &key].concat());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    write(path, &pem).with_context(|| format!("could not write the signing key {}", path.display()))
}

fn write(path: &Path, pem: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_added_extension("new");
    // Left over from one who was interrupted here, with who knows which rights.
    let _ = fs::remove_file(&new);
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?
        .write_all(pem.as_bytes())?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/current.pem");
        make_once(&path).unwrap();
        let pem = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = pem.lines().collect();
        assert_eq!(lines[0], "-----BEGIN PRIVATE KEY-----");
        assert_eq!(STANDARD.decode(lines[1]).unwrap().len(), 48);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );

        make_once(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), pem);
    }
}
