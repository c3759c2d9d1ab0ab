//! `cargo xtask keys`: the development keys that access tokens are signed with.
//!
//! There are always three: the one that signs, the one before it, whose tokens are still about, and
//! the next, which is published before anything is signed with it. A rotation moves each one place,
//! so that whatever a service knows at that moment, it knows the key of every token it meets.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};

use crate::{
    console::{say, short},
    state::{State, StateArgument},
};

const PREVIOUS: &str = "previous.pem";
const CURRENT: &str = "current.pem";
const NEXT: &str = "next.pem";

/// The command line of `keys`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(clap::Subcommand)]
enum Task {
    /// Signs with the next key from now on. Nobody is logged out.
    Rotate {
        #[command(flatten)]
        state: StateArgument,
    },
}

/// The folder of a shop's keys.
pub(crate) struct Keys {
    folder: PathBuf,
}

/// Does what the command line says.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Task::Rotate { state } = &arguments.task;
    let keys = Keys::of(&state.open()?);
    keys.make_missing()?;
    keys.rotate()?;
    say(format_args!(
        "rotated the keys in {}; a running authentication signs with the new one within 5 s",
        short(&keys.folder)
    ));
    say(
        "tokens that the key before the last one signed are refused now, and their holders refresh them",
    );
    Ok(ExitCode::SUCCESS)
}

impl Keys {
    /// Those of this shop.
    pub(crate) fn of(state: &State) -> Self {
        let folder = state.keys();
        Self { folder }
    }

    /// The key that signs.
    pub(crate) fn current(&self) -> PathBuf {
        self.folder.join(CURRENT)
    }

    /// The keys that are published beside it.
    pub(crate) fn others(&self) -> [PathBuf; 2] {
        [PREVIOUS, NEXT].map(|name| self.folder.join(name))
    }

    /// Makes those that are not there; only the user can read them.
    pub(crate) fn make_missing(&self) -> Result<()> {
        for name in [PREVIOUS, CURRENT, NEXT] {
            if !self.folder.join(name).exists() {
                self.write(name, &new_key()?)?;
            }
        }
        Ok(())
    }

    /// At every moment all three files are whole, and the key of every token is in one of them.
    fn rotate(&self) -> Result<()> {
        let read = |name: &str| {
            let path = self.folder.join(name);
            fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
        };
        let (current, next) = (read(CURRENT)?, read(NEXT)?);
        self.write(PREVIOUS, &current)?;
        self.write(CURRENT, &next)?;
        self.write(NEXT, &new_key()?)
    }

    fn write(&self, name: &str, pem: &str) -> Result<()> {
        let path = self.folder.join(name);
        write(&path, pem).with_context(|| format!("could not write the key {}", path.display()))
    }
}

/// Another key.
fn new_key() -> Result<String> {
    Ok(secrets::signing_key()?)
}

fn write(path: &Path, pem: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    secrets::write_private(path, pem)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    fn contents(keys: &Keys) -> [String; 3] {
        [PREVIOUS, CURRENT, NEXT].map(|name| fs::read_to_string(keys.folder.join(name)).unwrap())
    }

    #[test]
    fn keys_are_made_once_and_only_their_owner_can_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys {
            folder: folder.path().join("keys"),
        };
        keys.make_missing().unwrap();
        let made = contents(&keys);
        for pem in &made {
            let lines: Vec<_> = pem.lines().collect();
            assert_eq!(lines[0], "-----BEGIN PRIVATE KEY-----");
            assert_eq!(STANDARD.decode(lines[1]).unwrap().len(), 48);
        }
        let metadata = fs::metadata(keys.current()).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);

        keys.make_missing().unwrap();
        assert_eq!(contents(&keys), made);
    }

    #[test]
    fn a_rotation_moves_each_key_one_place_and_makes_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys {
            folder: folder.path().to_owned(),
        };
        keys.make_missing().unwrap();
        let [_, current, next] = contents(&keys);
        keys.rotate().unwrap();
        let rotated = contents(&keys);
        assert_eq!(rotated[..2], [current.clone(), next.clone()]);
        assert!(rotated[2] != current && rotated[2] != next);
    }
}
