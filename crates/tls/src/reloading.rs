//! A value that is read again when its files change.

use std::error::Error as _;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::error::TlsError;

const INTERVAL: Duration = Duration::from_secs(5);

/// Makes the value from the contents of the files.
type Parse<T> = fn(&[Vec<u8>]) -> Result<Arc<T>, TlsError>;

/// A value that is made from files. A change that cannot be used leaves the former value.
pub(crate) struct Reloading<T> {
    files: Vec<PathBuf>,
    parse: Parse<T>,
    /// The contents from which the value was made.
    contents: Mutex<Vec<Vec<u8>>>,
    value: ArcSwap<T>,
}

impl<T: Send + Sync + 'static> Reloading<T> {
    /// Reads the files, and in the background reads them again for as long as the value is used.
    pub(crate) fn open(files: Vec<PathBuf>, parse: Parse<T>) -> Result<Arc<Self>, TlsError> {
        let contents = read(&files)?;
        let reloading = Arc::new(Self {
            value: ArcSwap::new(parse(&contents)?),
            files,
            parse,
            contents: Mutex::new(contents),
        });
        let watched = Arc::downgrade(&reloading);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(INTERVAL).await;
                let Some(reloading) = watched.upgrade() else {
                    return;
                };
                // Only blocks for small files, and cannot panic.
                let _ = tokio::task::spawn_blocking(move || reloading.reload()).await;
            }
        });
        Ok(reloading)
    }

    pub(crate) fn current(&self) -> Arc<T> {
        self.value.load_full()
    }

    fn reload(&self) {
        let files = self.files.iter().map(|file| file.display().to_string());
        let files = files.collect::<Vec<_>>().join(", ");
        match self.try_reload() {
            Ok(false) => {}
            Ok(true) => tracing::info!(files, "read changed certificates"),
            // Two files that change together may have been read in between.
            Err(error) => {
                let cause = error.source().map(ToString::to_string);
                tracing::warn!(files, %error, cause, "cannot use changed certificates; keeping the former ones");
            }
        }
    }

    /// Returns whether the files have changed.
    fn try_reload(&self) -> Result<bool, TlsError> {
        let read = read(&self.files)?;
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        if *contents == read {
            return Ok(false);
        }
        self.value.store((self.parse)(&read)?);
        *contents = read;
        Ok(true)
    }
}

impl<T> fmt::Debug for Reloading<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Reloading")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

fn read(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, TlsError> {
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|source| TlsError::Unreadable {
            path: path.clone(),
            source,
        })
    };
    files.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file is usable if it is not empty.
    fn text(contents: &[Vec<u8>]) -> Result<Arc<String>, TlsError> {
        match contents.concat() {
            text if text.is_empty() => Err(TlsError::Incomplete),
            text => Ok(Arc::new(String::from_utf8_lossy(&text).into_owned())),
        }
    }

    #[tokio::test]
    async fn given_files_when_they_change_then_the_value_follows_unless_they_cannot_be_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = ["a", "b"].map(|name| folder.path().join(name));
        let write = |text: &str| {
            for file in &files {
                std::fs::write(file, text).expect("a written file");
            }
        };
        write("1");
        let value = Reloading::open(files.to_vec(), text).expect("readable files");
        let reloaded = || {
            value.reload();
            value.current().to_string()
        };
        assert_eq!(reloaded(), "11");
        write("2");
        assert_eq!(reloaded(), "22");
        write("");
        assert_eq!(reloaded(), "22");
        std::fs::remove_file(&files[0]).expect("an existing file");
        assert_eq!(reloaded(), "22");
        write("3");
        assert_eq!(reloaded(), "33");
    }
}
