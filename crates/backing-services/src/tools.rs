//! Installs the programs of the servers where they are missing: once, and never partially.

mod download;
mod java;
mod kafka;
mod mongodb;

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::progress::Progress;

const LOCK_RETRY_DELAY: Duration = Duration::from_millis(100);

/// The paths of the programs.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The MongoDB server.
    pub mongod: PathBuf,
    /// The folder of Kafka's libraries.
    pub kafka: PathBuf,
    /// The Java launcher, 17 or later.
    pub java: PathBuf,
}

impl Tools {
    /// Finds the programs on this machine and in `folder`, and installs the missing ones into
    /// `folder`.
    ///
    /// When several processes call this at the same time, one installs and the others wait.
    pub fn install(folder: &Path, progress: &dyn Progress) -> Result<Self> {
        // First, because Java cannot be installed here: fail before a long download.
        let java = java::find()?;
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        let folder = folder.canonicalize().map_err(Error::file("find", folder))?;
        let mongod = match mongodb::on_path() {
            Some(mongod) => mongod,
            None => install(&folder, &mongodb::PACKAGE, progress)?.join("mongod"),
        };
        let kafka = install(&folder, &kafka::PACKAGE, progress)?;
        Ok(Self {
            mongod,
            kafka,
            java,
        })
    }
}

/// A tool that is installed into its own folder.
struct Package {
    /// Name and version, for messages.
    title: &'static str,
    /// The registry, for messages.
    origin: &'static str,
    /// The name of its folder, which contains the version.
    folder: &'static str,
    /// Installs it into the first folder, with the second one for temporary files.
    install: fn(&Path, &Path, &dyn Progress) -> Result<()>,
}

/// Returns the package's folder within `folder`; installs the package if the folder is missing.
///
/// The folder appears by a rename when it is complete, so checking that it exists is enough.
fn install(folder: &Path, package: &Package, progress: &dyn Progress) -> Result<PathBuf> {
    let target = folder.join(package.folder);
    if target.exists() {
        return Ok(target);
    }
    let _lock = lock(folder, package, progress)?;
    if target.exists() {
        return Ok(target);
    }
    progress.report(&format!(
        "installing {} from {} into {}",
        package.title,
        package.origin,
        target.display()
    ));
    let staging = TempDir::with_prefix_in(".installing-", folder)
        .map_err(Error::file("create a folder in", folder))?;
    let [content, work] = ["content", "work"].map(|name| staging.path().join(name));
    for part in [&content, &work] {
        fs::create_dir(part).map_err(Error::file("create", part))?;
    }
    (package.install)(&content, &work, progress)?;
    fs::rename(&content, &target).map_err(Error::file("create", &target))?;
    Ok(target)
}

/// Waits for the lock on a package. The kernel releases it when the process ends, even by SIGKILL.
fn lock(folder: &Path, package: &Package, progress: &dyn Progress) -> Result<File> {
    let path = folder.join(format!(".{}.lock", package.folder));
    let file = File::create(&path).map_err(Error::file("create", &path))?;
    let mut is_first = true;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(Error::file("lock", path)(source)),
            Err(TryLockError::WouldBlock) => {}
        }
        if progress.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if std::mem::take(&mut is_first) {
            let title = package.title;
            progress.report(&format!(
                "waiting for another process that is installing {title}"
            ));
        }
        thread::sleep(LOCK_RETRY_DELAY);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::progress::Silent;

    struct Recorder(RefCell<Vec<String>>);

    impl Progress for Recorder {
        fn report(&self, line: &str) {
            self.0.borrow_mut().push(line.to_owned());
        }
    }

    fn entries(folder: &Path) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn given_a_download_that_fails_when_installed_then_no_folder_of_the_tool_appears() {
        let folder = tempfile::tempdir().unwrap();
        let broken = Package {
            title: "Thing 1",
            origin: "a registry",
            folder: "package-1",
            install: |content, _, _| {
                fs::write(content.join("half"), "").unwrap();
                Err(Error::Cancelled)
            },
        };
        assert!(install(folder.path(), &broken, &Silent).is_err());
        assert_eq!(entries(folder.path()), [".package-1.lock"]);
    }

    #[test]
    fn given_concurrent_installations_when_all_have_ended_then_one_has_downloaded_and_reported() {
        static INSTALLATIONS: AtomicUsize = AtomicUsize::new(0);
        const PACKAGE: Package = Package {
            title: "Package 2",
            origin: "a registry",
            folder: "package-2",
            install: |content, _, _| {
                INSTALLATIONS.fetch_add(1, Ordering::Relaxed);
                fs::write(content.join("all"), "").map_err(Error::file("write", content))
            },
        };
        let folder = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| install(folder.path(), &PACKAGE, &Silent).unwrap());
            }
        });
        assert_eq!(INSTALLATIONS.load(Ordering::Relaxed), 1);
        assert_eq!(entries(folder.path()), [".package-2.lock", "package-2"]);

        let recorder = Recorder(RefCell::default());
        install(folder.path(), &PACKAGE, &recorder).unwrap();
        assert!(recorder.0.borrow().is_empty());
    }
}
