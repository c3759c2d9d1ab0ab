//! The folder that holds everything of one shop on this machine.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File, TryLockError},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::{
    console,
    interrupts::Interrupts,
    layout::{Component, Member, Shop},
};

/// The root of the project: where cargo says this package's is, or where it was compiled.
pub(crate) fn project_root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map(Path::to_owned).unwrap_or(package)
}

/// Where a shop's state is.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct StateArgument {
    /// The folder for the shop's data, logs and process ids; by default .shop in the project.
    #[arg(long = "state", value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl StateArgument {
    /// That folder.
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            folder: Some(folder.to_owned()),
        }
    }

    /// The folder, made if it is missing.
    pub(crate) fn open(&self) -> Result<State> {
        let folder = self
            .folder
            .clone()
            .unwrap_or_else(|| project_root().join(".shop"));
        for part in ["run", "log", "data"] {
            let part = folder.join(part);
            fs::create_dir_all(&part)
                .with_context(|| format!("could not create {}", part.display()))?;
        }
        let root = folder
            .canonicalize()
            .with_context(|| format!("could not find {}", folder.display()))?;
        Ok(State {
            root,
            given: self.folder.is_some(),
        })
    }
}

/// The folder that holds everything of one shop on this machine.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// Absolute, without symbolic links: processes are known by it.
    root: PathBuf,
    given: bool,
}

/// What is known of a shop beyond its pid files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// What every port was moved by.
    pub(crate) port_offset: u16,
    /// How clients outside the shop reach Kafka.
    pub(crate) kafka_brokers: String,
    /// The port of each process.
    pub(crate) ports: BTreeMap<String, u16>,
}

impl Record {
    /// What there is to remember of a shop.
    pub(crate) fn of(shop: &Shop) -> Self {
        let port = |member: &Member| (member.name.clone(), member.port);
        Self {
            port_offset: shop.offset,
            kafka_brokers: format!("127.0.0.1:{}", shop.port(Component::Kafka)),
            ports: shop.members.iter().map(port).collect(),
        }
    }
}

impl State {
    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the pid files are.
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

    /// The development keys for signing access tokens.
    pub(crate) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The folder of the tools: the project's, which all shops of it share, unless it cannot be
    /// written to.
    pub(crate) fn tools(&self) -> PathBuf {
        let shared = shared_tools();
        let probe = shared.join(format!(".writable-{}", std::process::id()));
        let writable = fs::create_dir_all(&shared)
            .and_then(|()| fs::write(&probe, ""))
            .is_ok();
        if writable {
            let _ = fs::remove_file(probe);
        }
        if writable || !self.given {
            shared
        } else {
            self.root.join("tools")
        }
    }

    /// The option that makes another command mean this shop, with a space before it; empty for the
    /// default folder.
    pub(crate) fn option(&self) -> String {
        if self.given {
            format!(" --state {}", console::short(&self.root))
        } else {
            String::new()
        }
    }

    /// What is recorded, if anything is.
    pub(crate) fn record(&self) -> Result<Option<Record>> {
        let path = self.record_file();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .with_context(|| format!("{} is damaged; remove it and try again", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
        }
    }

    /// Replaces what is recorded.
    pub(crate) fn set_record(&self, record: &Record) -> Result<()> {
        replace(&self.record_file(), &serde_json::to_vec_pretty(record)?)
    }

    /// Forgets what is recorded.
    pub(crate) fn remove_record(&self) -> Result<()> {
        remove_file(&self.record_file())
    }

    /// The right to start processes of this shop, which one command has at a time; given back on
    /// drop.
    pub(crate) fn lock_for_starting(&self, interrupts: &Interrupts) -> Result<File> {
        let mut said = false;
        loop {
            if let Some(file) = try_lock(&self.run().join(".starting.lock"))? {
                return Ok(file);
            }
            if !said {
                console::say("another `cargo xtask up` is starting this shop; waiting for it");
                said = true;
            }
            interrupts.check()?;
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// The place in front of this shop, which one `up` has while it shows the logs; given back on
    /// drop. With none to be had, the process id of the `up` that has it.
    pub(crate) fn take_foreground(&self) -> Result<Result<File, String>> {
        let path = self.run().join(".foreground.lock");
        let Some(mut file) = try_lock(&path)? else {
            return Ok(Err(fs::read_to_string(&path).unwrap_or_default()));
        };
        let pid = std::process::id().to_string();
        file.set_len(0)
            .and_then(|()| file.write_all(pid.as_bytes()))
            .with_context(|| format!("could not write {}", path.display()))?;
        Ok(Ok(file))
    }

    fn record_file(&self) -> PathBuf {
        self.root.join("shop.json")
    }
}

/// The folder of the tools that all shops and tests of this project share.
pub(crate) fn shared_tools() -> PathBuf {
    project_root().join(".shop/tools")
}

/// Writes a file so that a reader finds the old text or the new one, never a part.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = path.with_added_extension("new");
    fs::write(&new, bytes)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("could not write {}", path.display()))
}

/// Removes a file that may be gone already.
pub(crate) fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// A lock on the file, unless another process holds it. The kernel gives it back when its holder
/// ends, however it ends.
fn try_lock(path: &Path) -> Result<Option<File>> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("could not create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => bail!("could not lock {}: {error}", path.display()),
    }
}
