//! The backup program, with its settings.

use std::process::{Command, Output};

use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;
use testkit::{Shop, built_program};

use super::SERVICES;

/// The program, and where it keeps the backups of a shop.
pub(super) struct Backups {
    pub(super) folder: TempDir,
    settings: Vec<(String, String)>,
}

/// What a run printed.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) output: String,
    /// The name of the new backup.
    pub(super) name: String,
    /// The state that it restores.
    pub(super) instant: Timestamp,
}

impl Done {
    /// The number in front of these words.
    pub(super) fn number_before(&self, words: &str) -> usize {
        let (before, _) = self
            .output
            .split_once(words)
            .unwrap_or_else(|| panic!("{self:?}"));
        let number = before.split_whitespace().next_back();
        number
            .and_then(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("{self:?}"))
    }
}

impl Backups {
    pub(super) fn of(shop: &Shop) -> Self {
        let database = |service: &str| shop.database(service).name().to_owned();
        Self::new(&shop.servers().mongodb_uri, database)
    }

    /// Of databases on one server, or on one replica set.
    pub(super) fn new(uri: &str, database: impl Fn(&str) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = vec![(
            "BACKUP_LOCATION".to_owned(),
            format!("file://{}", folder.path().display()),
        )];
        for service in SERVICES {
            let prefix = format!("MONGODB_{}", service.to_uppercase());
            settings.push((format!("{prefix}_URI"), uri.to_owned()));
            settings.push((format!("{prefix}_DATABASE"), database(service)));
        }
        let mut backups = Self { folder, settings };
        backups.encrypt();
        backups
    }

    /// Keeps the backups in a bucket of the stand-in for Cloud Storage.
    pub(super) fn in_bucket(mut self, address: &str) -> Self {
        let account = json!({
            "gcs_base_url": address, "disable_oauth": true,
            "client_email": "", "private_key": "", "private_key_id": "",
        });
        let location = "gs://backups".to_owned();
        self.settings.push(("BACKUP_LOCATION".to_owned(), location));
        let account = account.to_string();
        self.settings
            .push(("GOOGLE_SERVICE_ACCOUNT_KEY".to_owned(), account));
        self
    }

    /// Creates a key pair, with which the program encrypts from now on.
    fn encrypt(&mut self) {
        let key = self.try_run(&["key"]).stdout;
        let text = String::from_utf8(key).expect("text");
        let public = text
            .lines()
            .find_map(|line| line.strip_prefix("# BACKUP_RECIPIENT="));
        let public = public.expect("a public key").to_owned();
        self.settings.push(("BACKUP_RECIPIENT".to_owned(), public));
        let path = self.folder.path().join("identity");
        std::fs::write(&path, text).expect("writes");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).expect("changes");
        let path = path.display().to_string();
        self.settings
            .push(("BACKUP_IDENTITY_FILE".to_owned(), path));
    }

    pub(super) fn try_run(&self, arguments: &[&str]) -> Output {
        let mut program = Command::new(built_program("backup"));
        program.args(arguments).envs(self.settings.iter().cloned());
        tokio::task::block_in_place(|| program.output()).expect("the program starts")
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Done {
        let output = self.try_run(arguments);
        assert!(output.status.success(), "{output:?}");
        let output = String::from_utf8(output.stdout).expect("text");
        let words: Vec<&str> = output.split_whitespace().collect();
        let after = |word: &str| {
            let position = words.iter().position(|one| *one == word);
            position.map_or("", |position| words[position + 1])
        };
        Done {
            name: after("backup").to_owned(),
            instant: after("of")
                .trim_end_matches(':')
                .parse()
                .unwrap_or_default(),
            output,
        }
    }
}
