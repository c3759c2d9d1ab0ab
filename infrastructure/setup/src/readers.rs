//! Which program reads which secret, and the copies that it reads.
//!
//! A container engine mounts a file with its owner and mode on the host. One file cannot suit all
//! three users in the containers: the shop's programs (10001), MongoDB (999) and Kafka (1000). So
//! each reader has its own directory, with copies that only its user can read.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use anyhow::{Context as _, Result};
use secrets::{
    ADMIN_LOGIN, BROWSER, BROWSER_LOGIN, DATABASES, KAFKA_CLIENTS, KAFKA_USERS, TOKEN_KEYS,
    browser_password, database_password, kafka_password, key_file, root_password,
};

use crate::console::print_line;

/// The user of the shop's own images.
const SHOP_UID: u32 = 10001;
/// `mongodb` in the image mongo.
const MONGODB_UID: u32 = 999;
/// `appuser` in the image apache/kafka.
const KAFKA_UID: u32 = 1000;

/// A program that reads secrets.
struct Reader {
    name: String,
    uid: u32,
    files: Vec<String>,
}

/// Creates missing secrets in `all`, and copies to each reader's directory in `readers` its own.
/// A reader without a directory is skipped.
pub(crate) fn distribute(all: &Path, readers: &Path) -> Result<()> {
    let created = secrets::make_missing(all)?;
    if created.is_empty() {
        print_line("all secrets exist");
    }
    for name in created {
        print_line(format_args!("created the secret {name}"));
    }
    for reader in all_readers() {
        let directory = readers.join(&reader.name);
        if !directory.is_dir() {
            continue;
        }
        for name in &reader.files {
            copy_for(reader.uid, &all.join(name), &directory.join(name))
                .with_context(|| format!("cannot copy the secret {name} for {}", reader.name))?;
        }
        print_line(format_args!(
            "copied {} secrets for {}",
            reader.files.len(),
            reader.name
        ));
    }
    Ok(())
}

fn all_readers() -> Vec<Reader> {
    let reader = |name: &str, uid, files| Reader {
        name: name.to_owned(),
        uid,
        files,
    };
    let mut readers = Vec::new();
    for database in DATABASES {
        let files = vec![root_password(database), key_file(database)];
        readers.push(reader(&format!("mongo-{database}"), MONGODB_UID, files));
        let mut files = vec![database_password(database)];
        if KAFKA_CLIENTS.contains(&database) {
            files.push(kafka_password(database));
        }
        if database == "authentication" {
            files.extend(TOKEN_KEYS.map(str::to_owned));
        }
        readers.push(reader(database, SHOP_UID, files));
    }
    readers.push(reader("kafka", KAFKA_UID, vec![KAFKA_USERS.to_owned()]));
    let passwords = DATABASES.into_iter().flat_map(|database| {
        [root_password, database_password, browser_password].map(|file| file(database))
    });
    let others = [kafka_password("setup"), ADMIN_LOGIN.to_owned()];
    let files = passwords.chain(others).collect();
    readers.push(reader("setup", SHOP_UID, files));
    let passwords = DATABASES.map(database_password);
    readers.push(reader("backup", SHOP_UID, passwords.into()));
    let passwords = DATABASES.into_iter().map(browser_password);
    let others = [kafka_password(BROWSER), BROWSER_LOGIN.to_owned()];
    readers.push(reader(BROWSER, SHOP_UID, passwords.chain(others).collect()));
    readers
}

/// Replaces `copy` atomically; only the user `uid` can read it.
fn copy_for(uid: u32, secret: &Path, copy: &Path) -> Result<()> {
    let text =
        fs::read_to_string(secret).with_context(|| format!("cannot read {}", secret.display()))?;
    let temporary = copy.with_added_extension("new");
    secrets::write_private(&temporary, &text)?;
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o400))?;
    chown(&temporary, Some(uid), Some(uid)).context("only root can change the owner of a file")?;
    fs::rename(&temporary, copy)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn given_all_readers_when_listed_then_none_reads_the_secret_of_another() {
        let directory = tempfile::tempdir().expect("a directory");
        let created: BTreeSet<_> = secrets::make_missing(directory.path())
            .expect("creates the secrets")
            .into_iter()
            .collect();
        for reader in all_readers() {
            for file in &reader.files {
                assert!(created.contains(file), "{} reads {file}", reader.name);
                let is_own_secret = ["setup", "backup", "kafka"].contains(&reader.name.as_str())
                    || file.contains(reader.name.trim_start_matches("mongo-"))
                    || (reader.name == "authentication" && file.starts_with("token-"));
                assert!(is_own_secret, "{} reads {file}", reader.name);
            }
        }
    }

    #[test]
    fn given_a_reader_without_a_directory_when_distributed_then_it_is_skipped() {
        let (all, readers) = (tempfile::tempdir(), tempfile::tempdir());
        let (all, readers) = (all.expect("a directory"), readers.expect("a directory"));
        distribute(all.path(), readers.path()).expect("creates the secrets");
        assert_eq!(
            fs::read_dir(readers.path()).expect("a directory").count(),
            0
        );
    }
}
