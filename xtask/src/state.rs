//! The state folder of a shop: data, logs, pid files, keys, locks.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File, TryLockError},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{
    console::{self, print},
    interrupt,
    layout::{Component, Instance, Shop},
};

const LOCK_RETRY_DELAY: Duration = Duration::from_millis(100);

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

/// The option `--state`.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct StateArgument {
    /// Folder for the shop's data, logs and pid files; by default .shop in the project.
    #[arg(long = "state", value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl StateArgument {
    /// Returns the option with this folder as its value.
    pub(crate) fn at(folder: &Path) -> Self {
        let folder = Some(folder.to_owned());
        Self { folder }
    }

    /// Opens the folder; creates it if it is missing.
    pub(crate) fn open(&self) -> Result<State> {
        let default = || project_root().join(".shop");
        let folder = self.folder.clone().unwrap_or_else(default);
        for name in ["run", "log", "data"] {
            let path = folder.join(name);
            fs::create_dir_all(&path)
                .with_context(|| format!("cannot create {}", path.display()))?;
        }
        let root = folder
            .canonicalize()
            .with_context(|| format!("cannot find {}", folder.display()))?;
        Ok(State {
            root,
            is_default: self.folder.is_none(),
        })
    }
}

/// The state folder of a shop.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// Absolute and without symbolic links, because it identifies the shop's processes.
    root: PathBuf,
    is_default: bool,
}

/// The content of `shop.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The value of `--port-offset`.
    pub(crate) port_offset: u16,
    /// Kafka's address for clients outside the shop.
    pub(crate) kafka_brokers: String,
    /// The port of each process.
    pub(crate) ports: BTreeMap<String, u16>,
}

impl Record {
    /// The record of a shop.
    pub(crate) fn new(shop: &Shop) -> Self {
        let port = |instance: &Instance| (instance.name.clone(), instance.port);
        Self {
            port_offset: shop.port_offset,
            kafka_brokers: format!("127.0.0.1:{}", shop.port(Component::Kafka)),
            ports: shop.instances.iter().map(port).collect(),
        }
    }
}

impl State {
    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of pid files and locks.
    pub(crate) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// The log of a process.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.root.join("log").join(format!("{name}.log"))
    }

    /// The data of all stores.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The development keys that sign access tokens.
    pub(crate) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The folder of the tools: the shared one, or one of this shop if that is not writable.
    pub(crate) fn tools(&self) -> PathBuf {
        let shared = shared_tools();
        let is_writable =
            fs::create_dir_all(&shared).is_ok() && tempfile::tempfile_in(&shared).is_ok();
        if is_writable || self.is_default {
            shared
        } else {
            self.root.join("tools")
        }
    }

    /// The option that makes another command use this shop, with a leading space; empty for the
    /// default folder.
    pub(crate) fn option(&self) -> String {
        if self.is_default {
            String::new()
        } else {
            format!(" --state {}", console::relative(&self.root))
        }
    }

    /// Reads `shop.json`, if it exists.
    pub(crate) fn record(&self) -> Result<Option<Record>> {
        let path = self.record_file();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .with_context(|| format!("{} is damaged; remove it and try again", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Replaces `shop.json`.
    pub(crate) fn set_record(&self, record: &Record) -> Result<()> {
        replace(&self.record_file(), &serde_json::to_vec_pretty(record)?)
    }

    /// Removes `shop.json`.
    pub(crate) fn remove_record(&self) -> Result<()> {
        remove_file(&self.record_file())
    }

    fn record_file(&self) -> PathBuf {
        self.root.join("shop.json")
    }

    /// Takes the lock that a command holds while it starts processes of this shop; waits for it.
    pub(crate) fn lock_start(&self) -> Result<File> {
        let mut reported = false;
        loop {
            match self.try_lock("starting")? {
                Lock::Acquired(file) => return Ok(file),
                Lock::HeldBy(pid) if !reported => {
                    print(format_args!(
                        "waiting for another `cargo xtask up` (process {pid}), which is starting this shop"
                    ));
                    reported = true;
                }
                Lock::HeldBy(_) => {}
            }
            interrupt::check()?;
            thread::sleep(LOCK_RETRY_DELAY);
        }
    }

    /// Tries to take the lock that an `up` holds while it shows the logs of this shop.
    pub(crate) fn try_lock_foreground(&self) -> Result<Lock> {
        self.try_lock("foreground")
    }

    fn try_lock(&self, name: &str) -> Result<Lock> {
        let path = self.run().join(format!(".{name}.lock"));
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Ok(Lock::HeldBy(fs::read_to_string(&path).unwrap_or_default()));
            }
            locked => locked.with_context(|| format!("cannot lock {}", path.display()))?,
        }
        let pid = std::process::id().to_string();
        file.set_len(0)
            .and_then(|()| file.write_all(pid.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Lock::Acquired(file))
    }
}

/// A lock on a shop. The kernel releases it when the file is dropped or its process ends.
pub(crate) enum Lock {
    /// This process holds the lock until it drops the file.
    Acquired(File),
    /// The process with this id holds it.
    HeldBy(String),
}

/// Replaces a file by a rename, so that no reader sees a part of it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = path.with_added_extension("new");
    fs::write(&new, bytes)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Removes a file if it exists.
pub(crate) fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
