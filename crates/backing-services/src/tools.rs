//! Brings the programs that the servers are, where they are missing: once, and never half.

mod fetch;
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

use crate::{Error, Observer, Result};

/// Where the programs are.
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
    /// Finds the programs on this machine and in `folder`, and brings what is missing into
    /// `folder`.
    ///
    /// Of several processes that do this at the same time one brings, and the others wait for it.
    pub fn bring(folder: &Path, observer: &dyn Observer) -> Result<Self> {
        // First, because nothing can be brought about a missing Java, and it is better said before
        // a download.
        let java = java::find()?;
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        let folder = folder.canonicalize().map_err(Error::file("find", folder))?;
        let mongod = match mongodb::on_path() {
            Some(mongod) => mongod,
            None => placed(&folder, &mongodb::PACKAGE, observer)?.join("mongod"),
        };
        let kafka = placed(&folder, &kafka::PACKAGE, observer)?;
        Ok(Self {
            mongod,
            kafka,
            java,
        })
    }
}

/// Something that is brought into a folder of its own.
struct Package {
    /// What it is, for people.
    title: &'static str,
    /// Where it comes from, for people.
    origin: &'static str,
    /// The name of its folder, which has its version in it.
    folder: &'static str,
    /// Fills the first folder with it, using the second one on the way.
    bring: fn(&Path, &Path, &dyn Observer) -> Result<()>,
}

/// The package's folder within `folder`, brought first if it is not there.
///
/// The folder appears by a rename, complete or not at all, so that its existence is all there is to
/// check.
fn placed(folder: &Path, package: &Package, observer: &dyn Observer) -> Result<PathBuf> {
    let place = folder.join(package.folder);
    if place.exists() {
        return Ok(place);
    }
    let _lock = lock(folder, package, observer)?;
    if place.exists() {
        return Ok(place);
    }
    observer.say(&format!(
        "bringing {} from {} into {}",
        package.title,
        package.origin,
        place.display()
    ));
    let staging = TempDir::with_prefix_in(".bringing-", folder)
        .map_err(Error::file("create a folder in", folder))?;
    let [content, work] = ["content", "work"].map(|name| staging.path().join(name));
    for part in [&content, &work] {
        fs::create_dir(part).map_err(Error::file("create", part))?;
    }
    (package.bring)(&content, &work, observer)?;
    fs::rename(&content, &place).map_err(Error::file("create", &place))?;
    Ok(place)
}

/// Waits for the right to bring a package. The kernel gives it back when the process ends, however
/// it ends.
fn lock(folder: &Path, package: &Package, observer: &dyn Observer) -> Result<File> {
    let path = folder.join(format!(".{}.lock", package.folder));
    let file = File::create(&path).map_err(Error::file("create", &path))?;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => {
                return Err(Error::File {
                    action: "lock",
                    path,
                    source,
                });
            }
            Err(TryLockError::WouldBlock) if observer.stopped() => return Err(Error::Stopped),
            Err(TryLockError::WouldBlock) => {
                if !said {
                    observer.say(&format!(
                        "waiting for another process that is bringing {}",
                        package.title
                    ));
                    said = true;
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::Quiet;

    struct Heard(RefCell<Vec<String>>);

    impl Observer for Heard {
        fn say(&self, line: &str) {
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
    fn a_download_cut_short_leaves_nothing_that_could_be_taken_for_the_tool() {
        let folder = tempfile::tempdir().unwrap();
        let broken = Package {
            title: "Thing 1",
            origin: "a registry",
            folder: "thing-1",
            bring: |content, _, _| {
                fs::write(content.join("half"), "").unwrap();
                Err(Error::Stopped)
            },
        };
        assert!(placed(folder.path(), &broken, &Quiet).is_err());
        assert_eq!(entries(folder.path()), [".thing-1.lock"]);
    }

    #[test]
    fn what_two_processes_want_at_once_is_brought_once_and_said_once() {
        static TIMES: AtomicUsize = AtomicUsize::new(0);
        const THING: Package = Package {
            title: "Thing 2",
            origin: "a registry",
            folder: "thing-2",
            bring: |content, _, _| {
                TIMES.fetch_add(1, Ordering::Relaxed);
                fs::write(content.join("all"), "").map_err(Error::file("write", content))
            },
        };
        let folder = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| placed(folder.path(), &THING, &Quiet).unwrap());
            }
        });
        assert_eq!(TIMES.load(Ordering::Relaxed), 1);
        assert_eq!(entries(folder.path()), [".thing-2.lock", "thing-2"]);

        let heard = Heard(RefCell::default());
        placed(folder.path(), &THING, &heard).unwrap();
        assert!(heard.0.borrow().is_empty());
    }
}
