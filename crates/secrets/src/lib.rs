#![doc = include_str!("../README.md")]

mod error;
mod file;
mod key;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

pub use error::SecretsError;
pub use file::write_private;
pub use key::signing_key;

/// The services that have a database. Each has a database user of the same name.
pub const DATABASES: [&str; 3] = ["authentication", "products", "orders"];
/// The users of the broker, besides the broker's own.
pub const KAFKA_CLIENTS: [&str; 4] = ["setup", "products", "orders", BROWSER];
/// The read-only user of the databases and the broker, for the database browsers.
pub const BROWSER: &str = "browser";
/// Name of the file with the password for logging in to the database browsers.
pub const BROWSER_LOGIN: &str = "browser-password";
/// Names of the files with the signing keys of access tokens: the current, the previous and the next.
pub const TOKEN_KEYS: [&str; 3] = ["token-current.pem", "token-previous.pem", "token-next.pem"];
/// Name of the file with the password of the first admin.
pub const ADMIN_LOGIN: &str = "admin-password";
/// Name of the file with the broker's users and their passwords (JAAS).
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

/// Name of the file with the password of a database's read-only user.
pub fn browser_password(database: &str) -> String {
    format!("mongo-{database}-{BROWSER}-password")
}

/// Name of the key file with which the members of a replica set authenticate to each other.
pub fn key_file(database: &str) -> String {
    format!("mongo-{database}-keyfile")
}

/// Name of the file with the password of a user of the broker.
pub fn kafka_password(user: &str) -> String {
    format!("kafka-{user}-password")
}

/// Creates the secrets that are missing in `folder`, and returns the names of their files.
pub fn make_missing(folder: &Path) -> Result<Vec<String>, SecretsError> {
    file::create_private_folder(folder)?;
    let mut created = Vec::new();
    let mut ensure = |name: String, generate: fn() -> Result<String, SecretsError>| {
        let path = folder.join(&name);
        if !file::exists(&path)? {
            file::write(&path, &generate()?)?;
            created.push(name);
        }
        Ok::<_, SecretsError>(())
    };
    for database in DATABASES {
        ensure(root_password(database), password)?;
        ensure(database_password(database), password)?;
        ensure(browser_password(database), password)?;
        ensure(key_file(database), replica_set_key)?;
    }
    for user in KAFKA_CLIENTS.into_iter().chain([BROKER]) {
        ensure(kafka_password(user), password)?;
    }
    ensure(BROWSER_LOGIN.to_owned(), password)?;
    ensure(ADMIN_LOGIN.to_owned(), password)?;
    for name in TOKEN_KEYS {
        ensure(name.to_owned(), signing_key)?;
    }
    if write_kafka_users(folder)? {
        created.push(KAFKA_USERS.to_owned());
    }
    Ok(created)
}

/// Writes the broker's list of users unless it agrees with their passwords; returns whether it did.
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

/// 192 random bits, in characters that need no escaping in a URL, a shell or a configuration file.
fn password() -> Result<String, SecretsError> {
    let mut random = [0; 24];
    getrandom::fill(&mut random)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random))
}

/// A MongoDB key file: 6 to 1024 characters of Base64.
fn replica_set_key() -> Result<String, SecretsError> {
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
            .expect("a folder")
            .map(|entry| {
                let entry = entry.expect("an existing file");
                let mode = entry
                    .metadata()
                    .expect("an existing file")
                    .permissions()
                    .mode();
                assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
                let name = entry.file_name().into_string().expect("a plain name");
                (name, fs::read_to_string(entry.path()).expect("text"))
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn given_no_secrets_when_created_twice_then_each_is_created_once_and_only_its_owner_can_read_it()
     {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("secrets");
        let created = make_missing(&folder).expect("secrets");
        let first = contents(&folder);
        assert_eq!((created.len(), first.len()), (23, 23));
        assert_eq!(make_missing(&folder).expect("secrets"), [""; 0]);
        assert_eq!(contents(&folder), first);
        let permissions = fs::metadata(&folder)
            .expect("an existing file")
            .permissions();
        assert_eq!(permissions.mode() & 0o777, 0o700);
    }

    #[test]
    fn given_a_changed_password_when_secrets_are_created_again_then_the_brokers_users_contain_it() {
        let folder = tempfile::tempdir().expect("a folder");
        make_missing(folder.path()).expect("secrets");
        let path = folder.path().join(kafka_password("orders"));
        fs::write(path, "another\n").expect("a written file");
        assert_eq!(make_missing(folder.path()).expect("secrets"), [KAFKA_USERS]);
        let users = fs::read_to_string(folder.path().join(KAFKA_USERS)).expect("an existing file");
        assert!(users.contains("user_orders=\"another\"") && users.contains("user_broker="));
    }

    #[test]
    fn given_an_empty_file_when_secrets_are_created_then_the_error_names_it() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(key_file("orders")), "").expect("a written file");
        let error = make_missing(folder.path()).expect_err("an empty file");
        assert!(error.to_string().contains("mongo-orders-keyfile is empty"));
    }
}
