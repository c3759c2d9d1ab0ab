//! Files that only their owner can read.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::SecretsError;

/// Writes a file that only its owner can read; at every moment it is whole or not there.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_added_extension("new");
    // Left over from one who was interrupted here, with who knows which rights.
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
    write_private(path, text).map_err(at(path, "written"))
}

pub(crate) fn read(path: &Path) -> Result<String, SecretsError> {
    fs::read_to_string(path).map_err(at(path, "read"))
}

/// Whether there is a file with something in it.
pub(crate) fn is_there(path: &Path) -> Result<bool, SecretsError> {
    match fs::metadata(path) {
        Ok(data) if data.len() > 0 => Ok(true),
        Ok(_) => Err(SecretsError::Empty {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(at(path, "read")(error)),
    }
}

pub(crate) fn make_private_folder(path: &Path) -> Result<(), SecretsError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(at(path, "made"))
}

fn at(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> SecretsError {
    let path = path.to_owned();
    move |source| SecretsError::File {
        path,
        action,
        source,
    }
}
