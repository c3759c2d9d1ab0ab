//! Settings that are secrets: from a variable, or from a file that not everybody can read.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

/// A secret cannot be had. The sentence names the setting and never shows the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It is set twice.
    #[error("only one of {setting} and {setting}_FILE may be set")]
    Twice {
        /// Which setting.
        setting: &'static str,
    },
    /// The file cannot be read.
    #[error("{setting} is {}, which cannot be read", path.display())]
    Unreadable {
        /// Which setting.
        setting: String,
        /// What was set.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Everybody on the machine can read the file.
    #[error("{setting} is {}, which everybody can read; chmod o-rwx it", path.display())]
    WorldReadable {
        /// Which setting.
        setting: String,
        /// What was set.
        path: PathBuf,
    },
}

/// The secret of a setting, from its own variable or from the file that `SETTING_FILE` names.
/// Compose and Kubernetes set an empty variable where they mean none.
pub fn from_variable_or_file(
    setting: &'static str,
    variable: Option<&SecretString>,
    file: Option<&str>,
) -> Result<Option<SecretString>, SecretError> {
    let variable = variable.filter(|secret| !secret.expose_secret().is_empty());
    match (variable, file.filter(|path| !path.is_empty())) {
        (Some(_), Some(_)) => Err(SecretError::Twice { setting }),
        (Some(secret), None) => Ok(Some(secret.clone())),
        (None, Some(path)) => from_file(&format!("{setting}_FILE"), path.as_ref()).map(Some),
        (None, None) => Ok(None),
    }
}

/// The text of the file that `setting` names, without the line break that editors add.
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
    fn given_a_variable_and_a_file_when_read_then_one_of_them_counts_and_strangers_cannot_read_it()
    {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, nowhere) = (folder.path().join("secret"), folder.path().join("none"));
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
        refused(None, Some(&nowhere), "cannot be read");
        mode(0o644);
        refused(None, Some(&path), "everybody can read");
    }
}
