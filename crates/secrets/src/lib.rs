#![doc = include_str!("../README.md")]

mod file;
mod key;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

pub use file::write_private;
pub use key::signing_key;

/// The services that have a database, and the names of their users there.
pub const DATABASES: [&str; 3] = ["authentication", "products", "orders"];
/// Who talks to the broker, besides the brokers themselves.
pub const KAFKA_CLIENTS: [&str; 4] = ["setup", "products", "orders", BROWSER];
/// Who may look but not touch, for people who want to see what is stored.
pub const BROWSER: &str = "browser";
/// What a person logs in to the browsers with.
pub const BROWSER_LOGIN: &str = "browser-password";
/// The keys that access tokens are signed with: the one in use, the one before it and the next.
pub const TOKEN_KEYS: [&str; 3] = ["token-current.pem", "token-previous.pem", "token-next.pem"];
/// The broker's list of users, with their passwords.
pub const KAFKA_USERS: &str = "kafka-jaas.conf";
const BROKER: &str = "broker";

/// Name of the file with the password of a database's user `root`.
pub fn root_password(database: &str) -> String {
    format!("mongo-{database}-root-password")
}

/// Name of the file with the password of a service's user in its database.
pub fn database_password(database: &str) -> String {
    format!("mongo-{database}-password")
}

/// Name of the file with the password of the user that may only read a database.
pub fn browser_password(database: &str) -> String {
    format!("mongo-{database}-{BROWSER}-password")
}

/// Name of the file with what the members of a replica set know each other by.
pub fn key_file(database: &str) -> String {
    format!("mongo-{database}-keyfile")
}

/// Name of the file with the password of a user of the broker.
pub fn kafka_password(user: &str) -> String {
    format!("kafka-{user}-password")
}

/// A secret could not be made. The sentence never shows it.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// A file cannot be read or written.
    #[error("{} cannot be {action}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What was tried, as a participle.
        action: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A file is there but says nothing, as after a full disk.
    #[error("{} is empty; remove it, and another one is made", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// There is no chance to be had.
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

/// Makes the secrets that are missing in `folder`, and returns the names of their files.
pub fn make_missing(folder: &Path) -> Result<Vec<String>, SecretsError> {
    file::make_private_folder(folder)?;
    let mut made = Vec::new();
    let mut ensure = |name: String, secret: fn() -> Result<String, getrandom::Error>| {
        let path = folder.join(&name);
        if file::is_there(&path)? {
            return Ok(());
        }
        file::write(&path, &secret()?)?;
        made.push(name);
        Ok::<_, SecretsError>(())
    };
    for database in DATABASES {
        ensure(root_password(database), password)?;
        ensure(database_password(database), password)?;
        ensure(browser_password(database), password)?;
        ensure(key_file(database), shared_key)?;
    }
    for user in KAFKA_CLIENTS.into_iter().chain([BROKER]) {
        ensure(kafka_password(user), password)?;
    }
    ensure(BROWSER_LOGIN.to_owned(), password)?;
    for name in TOKEN_KEYS {
        ensure(name.to_owned(), signing_key)?;
    }
    if write_kafka_users(folder)? {
        made.push(KAFKA_USERS.to_owned());
    }
    Ok(made)
}

/// Writes the broker's users anew where it does not agree with their passwords.
fn write_kafka_users(folder: &Path) -> Result<bool, SecretsError> {
    let mut users = String::new();
    for user in KAFKA_CLIENTS.into_iter().chain([BROKER]) {
        let password = file::read(&folder.join(kafka_password(user)))?;
        // Writing to a String cannot fail.
        let _ = write!(users, "\n    user_{user}=\"{}\"", password.trim_end());
    }
    let own = file::read(&folder.join(kafka_password(BROKER)))?;
    let text = format!(
        "KafkaServer {{\n    org.apache.kafka.common.security.plain.PlainLoginModule required\
         \n    username=\"{BROKER}\"\n    password=\"{}\"{users};\n}};\n",
        own.trim_end()
    );
    let path = folder.join(KAFKA_USERS);
    if fs::read_to_string(&path).is_ok_and(|current| current == text) {
        return Ok(false);
    }
    file::write(&path, &text)?;
    Ok(true)
}

/// 192 bits in characters that mean nothing to an address, a shell or a configuration.
fn password() -> Result<String, getrandom::Error> {
    let mut random = [0; 24];
    getrandom::fill(&mut random)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random))
}

/// As MongoDB wants a key file: 6 to 1024 characters of Base64.
fn shared_key() -> Result<String, getrandom::Error> {
    let mut random = [0; 96];
    getrandom::fill(&mut random)?;
    Ok(BASE64_STANDARD.encode(random))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn contents(folder: &Path) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .expect("is a folder")
            .map(|entry| {
                let entry = entry.expect("is there");
                let mode = entry.metadata().expect("is there").permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
                let name = entry.file_name().into_string().expect("a plain name");
                (name, fs::read_to_string(entry.path()).expect("is text"))
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn given_no_secrets_when_made_twice_then_all_are_made_once_and_only_their_owner_reads_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("secrets");
        let made = make_missing(&folder).expect("makes them");
        let first = contents(&folder);
        assert_eq!((made.len(), first.len()), (22, 22));
        assert_eq!(make_missing(&folder).expect("finds them"), [""; 0]);
        assert_eq!(contents(&folder), first);
        let permissions = fs::metadata(&folder).expect("is there").permissions();
        assert_eq!(permissions.mode() & 0o777, 0o700);
    }

    #[test]
    fn given_another_password_when_made_again_then_the_brokers_users_have_it() {
        let folder = tempfile::tempdir().expect("a folder");
        make_missing(folder.path()).expect("makes them");
        let path = folder.path().join(kafka_password("orders"));
        fs::write(path, "another\n").expect("writes");
        assert_eq!(
            make_missing(folder.path()).expect("makes one"),
            [KAFKA_USERS]
        );
        let users = fs::read_to_string(folder.path().join(KAFKA_USERS)).expect("is there");
        assert!(users.contains("user_orders=\"another\"") && users.contains("user_broker="));
    }

    #[test]
    fn given_an_empty_file_when_secrets_are_made_then_it_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(key_file("orders")), "").expect("writes");
        let error = make_missing(folder.path()).expect_err("is refused");
        assert!(error.to_string().contains("mongo-orders-keyfile is empty"));
    }
}
