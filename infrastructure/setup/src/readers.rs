//! Who reads which secret, and how each gets its own and no other.
//!
//! A container engine mounts a file with the owner and the rights that it has on the machine, which
//! fit none of three users inside: our programs (10001), MongoDB (999) and Kafka (1000). So every
//! reader has a folder of its own, and copies in it that belong to its user alone.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use anyhow::{Context as _, Result};
use secrets::{
    BROWSER, BROWSER_LOGIN, DATABASES, KAFKA_CLIENTS, KAFKA_USERS, TOKEN_KEYS, browser_password,
    database_password, kafka_password, key_file, root_password,
};

use crate::console::say;

/// The user of our own images.
const OURS: u32 = 10001;
/// `mongodb` in the image mongo.
const MONGODB: u32 = 999;
/// `appuser` in the image apache/kafka.
const KAFKA: u32 = 1000;

/// Somebody who reads secrets.
struct Reader {
    name: String,
    user: u32,
    files: Vec<String>,
}

/// Makes what is missing in `all`, and gives every reader that has a folder in `readers` its own.
pub(crate) fn supply(all: &Path, readers: &Path) -> Result<()> {
    let made = secrets::make_missing(all)?;
    if made.is_empty() {
        say("all secrets are there");
    }
    for name in made {
        say(format_args!("made the secret {name}"));
    }
    for reader in everybody() {
        let folder = readers.join(&reader.name);
        if !folder.is_dir() {
            continue;
        }
        for name in &reader.files {
            hand_over(&all.join(name), &folder.join(name), reader.user)
                .with_context(|| format!("{} did not get its secret {name}", reader.name))?;
        }
        say(format_args!(
            "{} has its {} secrets",
            reader.name,
            reader.files.len()
        ));
    }
    Ok(())
}

fn everybody() -> Vec<Reader> {
    let mut readers = Vec::new();
    for database in DATABASES {
        readers.push(Reader {
            name: format!("mongo-{database}"),
            user: MONGODB,
            files: vec![root_password(database), key_file(database)],
        });
        let mut files = vec![database_password(database)];
        if KAFKA_CLIENTS.contains(&database) {
            files.push(kafka_password(database));
        }
        if database == "authentication" {
            files.extend(TOKEN_KEYS.map(str::to_owned));
        }
        readers.push(Reader {
            name: database.to_owned(),
            user: OURS,
            files,
        });
    }
    readers.push(Reader {
        name: "kafka".to_owned(),
        user: KAFKA,
        files: vec![KAFKA_USERS.to_owned()],
    });
    let passwords = DATABASES.into_iter().flat_map(|database| {
        [root_password, database_password, browser_password].map(|name| name(database))
    });
    readers.push(Reader {
        name: "setup".to_owned(),
        user: OURS,
        files: passwords.chain([kafka_password("setup")]).collect(),
    });
    let passwords = DATABASES.into_iter().map(browser_password);
    let others = [kafka_password(BROWSER), BROWSER_LOGIN.to_owned()];
    readers.push(Reader {
        name: BROWSER.to_owned(),
        user: OURS,
        files: passwords.chain(others).collect(),
    });
    readers
}

/// A copy that only `user` can read. It appears whole, and in place of what was there.
fn hand_over(secret: &Path, copy: &Path, user: u32) -> Result<()> {
    let text = fs::read_to_string(secret)
        .with_context(|| format!("{} cannot be read", secret.display()))?;
    let new = copy.with_added_extension("handed");
    secrets::write_private(&new, &text)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o400))?;
    chown(&new, Some(user), Some(user)).context("only root can give files away")?;
    fs::rename(&new, copy)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn given_all_secrets_when_handed_out_then_nobody_has_the_root_password_of_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let made: BTreeSet<_> = secrets::make_missing(folder.path())
            .expect("makes them")
            .into_iter()
            .collect();
        for reader in everybody() {
            for file in &reader.files {
                assert!(made.contains(file), "{} reads {file}", reader.name);
                let is_its_own = ["setup", "kafka"].contains(&reader.name.as_str())
                    || file.contains(reader.name.trim_start_matches("mongo-"))
                    || (reader.name == "authentication" && file.starts_with("token-"));
                assert!(is_its_own, "{} reads {file}", reader.name);
            }
        }
    }

    #[test]
    fn given_a_reader_without_a_folder_when_handed_out_then_it_is_left_out() {
        let (all, readers) = (tempfile::tempdir(), tempfile::tempdir());
        let (all, readers) = (all.expect("a folder"), readers.expect("a folder"));
        supply(all.path(), readers.path()).expect("makes them");
        assert_eq!(fs::read_dir(readers.path()).expect("is there").count(), 0);
    }
}
