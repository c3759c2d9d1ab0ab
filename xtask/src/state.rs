//! The state folder of a shop: data, logs, pid files, keys, a lock.

use std::{
    env,
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::{self, Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::{console, interrupt, layout::Shop};

/// The project's root: the parent of this package according to cargo, or at compile time.
pub(crate) fn project_root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map(Path::to_owned).unwrap_or(package)
}

/// The folder of the tools that all shops and tests of this project share.
pub(crate) fn shared_tools() -> PathBuf {
    project_root().join(".shop/tools")
}

/// The state folder of a shop, which is the option `--state`.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct State {
    /// Folder for the shop's data, logs and pid files; by default .shop in the project.
    // Without symbolic links where it exists, because it identifies the shop's processes.
    #[arg(long = "state", value_name = "DIR", default_value_os_t = default_folder())]
    #[arg(hide_default_value = true)]
    #[arg(value_parser = PathBufValueParser::new().map(resolve))]
    pub(crate) root: PathBuf,
}

fn default_folder() -> PathBuf {
    project_root().join(".shop")
}

fn resolve(folder: PathBuf) -> PathBuf {
    let path = fs::canonicalize(&folder).or_else(|_| path::absolute(&folder));
    path.unwrap_or(folder)
}

impl State {
    pub(crate) fn at(folder: &Path) -> Self {
        let root = resolve(folder.to_owned());
        Self { root }
    }

    /// Creates the folders that are missing.
    pub(crate) fn create(&self) -> Result<Self> {
        for name in ["run", "log", "data"] {
            let path = self.root.join(name);
            fs::create_dir_all(&path)
                .with_context(|| format!("cannot create {}", path.display()))?;
        }
        Ok(Self::at(&self.root))
    }

    /// The file that contains the id of a process until a command stops it.
    pub(crate) fn pid_file(&self, name: &str) -> PathBuf {
        self.root.join("run").join(format!("{name}.pid"))
    }

    /// The log of a process.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.root.join("log").join(format!("{name}.log"))
    }

    /// The data of all stores.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The option that makes another command use this shop, with a leading space; empty for the
    /// default folder.
    pub(crate) fn option(&self) -> String {
        if self.root == resolve(default_folder()) {
            return String::new();
        }
        format!(" --state {}", console::relative(&self.root))
    }

    fn record(&self) -> PathBuf {
        self.root.join("shop.json")
    }

    /// The shop that was last started here. A record of another version counts as none.
    pub(crate) fn shop(&self) -> Option<Shop> {
        serde_json::from_slice(&fs::read(self.record()).ok()?).ok()
    }

    /// Records the shop that is being started. Another command never reads a part of it.
    pub(crate) fn set_shop(&self, shop: &Shop) -> Result<()> {
        let path = self.record();
        secrets::write_private(&path, &serde_json::to_string_pretty(shop)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Removes the data of MongoDB and Kafka, and the record.
    pub(crate) fn wipe(&self) -> Result<()> {
        let data = self.data();
        ignore_missing(fs::remove_dir_all(&data))
            .and_then(|()| ignore_missing(fs::remove_file(self.record())))
            .with_context(|| format!("cannot remove {}", data.display()))
    }

    /// Takes the lock that a command holds while it starts processes of this shop or removes its data;
    /// waits for it. The kernel releases it when the file is dropped or this process ends.
    pub(crate) fn lock(&self) -> Result<File> {
        let path = self.root.join(".lock");
        let file =
            File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        let attempt = || match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            result => result.map(Some).context("cannot lock the state folder"),
        };
        if attempt()?.is_none() {
            print_line!("waiting for another `cargo xtask up`, which is starting this shop");
            interrupt::poll(Duration::MAX, attempt)?;
        }
        Ok(file)
    }
}

/// Treats a file or folder that does not exist as removed.
pub(crate) fn ignore_missing(removed: std::io::Result<()>) -> std::io::Result<()> {
    removed.or_else(|error| match error.kind() {
        ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        state: State,
    }

    #[test]
    fn given_a_missing_folder_that_is_not_utf_8_when_parsed_then_only_a_command_creates_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(OsStr::from_bytes(b"state-\xff"));
        let arguments = ["xtask".as_ref(), "--state".as_ref(), path.as_os_str()];
        let state = CommandLine::try_parse_from(arguments).unwrap().state;
        assert!(!path.exists());
        assert!(state.create().unwrap().root.join("run").is_dir());
    }
}
