//! The first admin.

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use domain::Email;
use mongo::MongoSettings;
use runtime::lifecycle::error_chain;
use runtime::secret;
use secrecy::SecretString;

use crate::console::print_line;
use crate::database::{CONNECT_TIMEOUT, Database};

#[derive(Args)]
pub(crate) struct Admin {
    /// E-mail address of the first admin.
    #[arg(long, env = "ADMIN_EMAIL")]
    admin_email: Option<String>,
    /// File with the admin's password; without it a password is generated and printed once.
    #[arg(long, env = "ADMIN_PASSWORD_FILE")]
    admin_password_file: Option<PathBuf>,
}

impl Admin {
    /// Creates the account if it is configured and does not exist.
    pub(crate) async fn create(&self, database: Option<&Database>) -> Result<()> {
        let email = self.admin_email.as_deref();
        let Some(email) = email.filter(|email| !email.is_empty()) else {
            return Ok(());
        };
        let email = Email::parse(email).with_context(|| format!("ADMIN_EMAIL={email}"))?;
        let database = database.context("MONGODB_AUTHENTICATION_HOSTS must be set")?;
        let result = authentication::admin::ensure(&settings(database), &email, self.password()?)
            .await
            .map_err(|error| anyhow!(error_chain(error.as_ref())))?;
        print_line(result);
        Ok(())
    }

    fn password(&self) -> Result<Option<SecretString>> {
        let file = self.admin_password_file.as_deref();
        let file = file.filter(|path| !path.as_os_str().is_empty());
        file.map(|path| Ok(secret::from_file("ADMIN_PASSWORD_FILE", path)?))
            .transpose()
    }
}

/// The settings with which authentication itself connects to its database.
fn settings(database: &Database) -> MongoSettings {
    let uri = format!(
        "mongodb://{}/?replicaSet={}",
        database.hosts(),
        database.replica_set
    );
    MongoSettings {
        mongodb_uri: Some(uri.into()),
        mongodb_uri_file: None,
        mongodb_username: Some(database.service.to_owned()),
        mongodb_password: Some(database.password.clone()),
        mongodb_password_file: None,
        mongodb_database: database.name.clone(),
        mongodb_timeout: CONNECT_TIMEOUT,
    }
}
