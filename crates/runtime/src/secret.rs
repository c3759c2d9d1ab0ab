//! Secret settings, read from a variable or from a file that other users cannot read.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

/// Why a secret cannot be read. The message names the setting and never shows the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Both the variable and the file are set.
    #[error("{setting} and {setting}_FILE are both set; set only one of them")]
    SetTwice {
        /// The name of the setting.
        setting: &'static str,
    },
    /// The file cannot be read.
    #[error("cannot read the file {setting}={}", path.display())]
    Unreadable {
        /// The name of the setting.
        setting: String,
        /// The value of the setting.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// All users of the machine can read the file.
    #[error("all users can read the file {setting}={}; run chmod o-rwx on it", path.display())]
    WorldReadable {
        /// The name of the setting.
        setting: String,
        /// The value of the setting.
        path: PathBuf,
    },
}

/// Reads a secret from its variable or from the file that `SETTING_FILE` names. Empty values count
/// as unset, because Compose and Kubernetes cannot leave a variable out.
pub fn from_variable_or_file(
    setting: &'static str,
    variable: Option<&SecretString>,
    file: Option<&str>,
) -> Result<Option<SecretString>, SecretError> {
    let variable = variable.filter(|secret| !secret.expose_secret().is_empty());
    match (variable, file.filter(|path| !path.is_empty())) {
        (Some(_), Some(_)) => Err(SecretError::SetTwice { setting }),
        (Some(secret), None) => Ok(Some(secret.clone())),
        (None, Some(path)) => from_file(&format!("{setting}_FILE"), path.as_ref()).map(Some),
        (None, None) => Ok(None),
    }
}

/// Reads the file that `setting` names, without trailing line breaks.
pub fn from_file(setting: &str, path: &Path) -> Result<SecretString, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        setting: setting.to_owned(),
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(SecretError::WorldReadable {
            setting: setting.to_owned(),
            path: path.to_owned(),
        });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text.trim_end_matches(['\r', '\n']).into())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(variable: Option<&str>, file: Option<&Path>) -> Result<Option<String>, String> {
        let variable = variable.map(SecretString::from);
        let file = file.map(|path| path.display().to_string());
        from_variable_or_file("A_SECRET", variable.as_ref(), file.as_deref())
            .map(|secret| secret.map(|secret| secret.expose_secret().to_owned()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn given_a_variable_or_a_private_file_when_read_then_it_is_the_secret() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, missing) = (
            directory.path().join("secret"),
            directory.path().join("none"),
        );
        fs::write(&path, "xyz\n").expect("writes");
        let mode = |mode: u32| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changes");
        };
        mode(0o640);
        assert_eq!(read(None, Some(&path)), Ok(Some("xyz".to_owned())));
        assert_eq!(read(Some("xyz"), None), Ok(Some("xyz".to_owned())));
        assert_eq!(read(Some(""), Some(&path)), Ok(Some("xyz".to_owned())));
        assert_eq!(read(Some(""), None), Ok(None));
        let refused = |variable, file, reason: &str| {
            let error = read(variable, file).expect_err(reason);
            assert!(
                error.contains(reason) && error.contains("A_SECRET") && !error.contains("xyz"),
                "{error}"
            );
        };
        refused(Some("xyz"), Some(&path), "only one");
        refused(None, Some(&missing), "cannot read");
        mode(0o644);
        refused(None, Some(&path), "all users can read");
    }
}
