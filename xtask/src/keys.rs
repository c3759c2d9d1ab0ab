//! `cargo xtask keys`: the development keys that sign access tokens.
//!
//! There are always three: the current key, the previous one, whose tokens may still be valid, and
//! the next, which is published before it signs. A rotation moves each key by one position, so every
//! service knows the key of every valid token, even with a cached key set.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};

use crate::{console::relative, state::State};

const PREVIOUS: &str = "previous.pem";
const CURRENT: &str = "current.pem";
const NEXT: &str = "next.pem";

/// What to do with the keys.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// Sign with the next key from now on. Users stay logged in.
    Rotate(State),
}

/// The folder of a shop's keys.
pub(crate) struct Keys {
    folder: PathBuf,
}

/// Rotates the keys.
pub(crate) fn run(Task::Rotate(state): &Task) -> Result<()> {
    let keys = Keys::new(state);
    keys.create_missing()?;
    keys.rotate()?;
    let folder = relative(&keys.folder);
    print_line!(
        "rotated the keys in {folder}; a running authentication service uses the new key within 5 s"
    );
    print_line!(
        "tokens signed by the key before the previous one are now invalid; clients refresh them"
    );
    Ok(())
}

impl Keys {
    /// The keys of this shop.
    pub(crate) fn new(state: &State) -> Self {
        let folder = state.root.join("keys");
        Self { folder }
    }

    /// The file of the key that signs.
    pub(crate) fn current(&self) -> PathBuf {
        self.folder.join(CURRENT)
    }

    /// The files of the other published keys.
    pub(crate) fn others(&self) -> [PathBuf; 2] {
        [PREVIOUS, NEXT].map(|name| self.folder.join(name))
    }

    /// Creates the missing keys. Only the user can read them.
    pub(crate) fn create_missing(&self) -> Result<()> {
        for name in [PREVIOUS, CURRENT, NEXT] {
            if !self.folder.join(name).exists() {
                self.write(name, &secrets::signing_key()?)?;
            }
        }
        Ok(())
    }

    /// Moves each key by one position. At every moment, all three files are complete and contain the
    /// key of every valid token.
    fn rotate(&self) -> Result<()> {
        let read = |name: &str| {
            let path = self.folder.join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let (current, next) = (read(CURRENT)?, read(NEXT)?);
        self.write(PREVIOUS, &current)?;
        self.write(CURRENT, &next)?;
        self.write(NEXT, &secrets::signing_key()?)
    }

    fn write(&self, name: &str, pem: &str) -> Result<()> {
        let path = self.folder.join(name);
        fs::create_dir_all(&self.folder)
            .and_then(|()| secrets::write_private(&path, pem))
            .with_context(|| format!("cannot write the key {}", path.display()))
    }
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
    fn given_no_keys_when_created_twice_then_each_is_created_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys {
            folder: folder.path().join("keys"),
        };
        keys.create_missing().unwrap();
        let created = contents(&keys);
        for pem in &created {
            let lines: Vec<_> = pem.lines().collect();
            assert_eq!(lines[0], "-----BEGIN PRIVATE KEY-----");
            assert_eq!(STANDARD.decode(lines[1]).unwrap().len(), 48);
        }
        let metadata = fs::metadata(keys.current()).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);

        keys.create_missing().unwrap();
        assert_eq!(contents(&keys), created);
    }

    #[test]
    fn given_keys_when_rotated_then_each_moves_by_one_position_and_the_next_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys {
            folder: folder.path().to_owned(),
        };
        keys.create_missing().unwrap();
        let [_, current, next] = contents(&keys);
        keys.rotate().unwrap();
        let rotated = contents(&keys);
        assert_eq!(rotated[..2], [current.clone(), next.clone()]);
        assert!(rotated[2] != current && rotated[2] != next);
    }
}
