//! Files that only their owner can read.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::error::SecretsError;

/// Writes a file with mode 600. The file appears by a rename, so it is never incomplete.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_added_extension("new");
    // An interrupted run may have left one, with other permissions.
    let _ = fs::remove_file(&new);
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?
        .write_all(text.as_bytes())?;
    fs::rename(new, path)
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), SecretsError> {
    write_private(path, text).map_err(error("write", path))
}

pub(crate) fn read(path: &Path) -> Result<String, SecretsError> {
    fs::read_to_string(path).map_err(error("read", path))
}

/// Whether the file exists. An existing empty file is an error.
pub(crate) fn exists(path: &Path) -> Result<bool, SecretsError> {
    match fs::metadata(path) {
        Ok(data) if data.len() > 0 => Ok(true),
        Ok(_) => Err(SecretsError::Empty {
            path: path.to_owned(),
        }),
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(error("read", path)(source)),
    }
}

pub(crate) fn create_private_folder(path: &Path) -> Result<(), SecretsError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(error("create", path))
}

fn error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SecretsError {
    let path = path.to_owned();
    move |source| SecretsError::File {
        path,
        action,
        source,
    }
}
