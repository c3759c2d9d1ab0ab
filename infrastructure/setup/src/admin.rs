//! The first admin, where one is named.

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use domain::Email;
use mongo::MongoSettings;
use runtime::lifecycle::error_chain;
use runtime::secret;
use secrecy::SecretString;

use crate::console::say;
use crate::databases::Database;
use crate::replica_set::ONE_LOOK;

/// Who the first admin is.
#[derive(Args)]
pub(crate) struct Admin {
    /// The e-mail of the first admin.
    #[arg(long, env = "ADMIN_EMAIL")]
    admin_email: Option<String>,
    /// File with the admin's password; without it one is made and printed once.
    #[arg(long, env = "ADMIN_PASSWORD_FILE")]
    admin_password_file: Option<PathBuf>,
}

impl Admin {
    /// Makes the account, if one is wanted and missing.
    pub(crate) async fn create(&self, database: Option<&Database>) -> Result<()> {
        let Some(email) = self
            .admin_email
            .as_deref()
            .filter(|email| !email.is_empty())
        else {
            return Ok(());
        };
        let email = Email::parse(email).with_context(|| format!("ADMIN_EMAIL is {email}"))?;
        let database = database.context("MONGODB_AUTHENTICATION_HOSTS must be set for it")?;
        let done = authentication::admin::ensure(&settings(database), &email, self.password()?)
            .await
            .map_err(|error| anyhow!(error_chain(error.as_ref())))?;
        say(done);
        Ok(())
    }

    fn password(&self) -> Result<Option<SecretString>> {
        let file = self.admin_password_file.as_deref();
        let file = file.filter(|path| !path.as_os_str().is_empty());
        file.map(|path| Ok(secret::from_file("ADMIN_PASSWORD_FILE", path)?))
            .transpose()
    }
}

/// How authentication itself would reach its database.
fn settings(database: &Database) -> MongoSettings {
    let uri = format!(
        "mongodb://{}/?replicaSet={}",
        database.hosts(),
        database.replica_set
    );
    MongoSettings {
        mongodb_uri: Some(uri.into()),
        mongodb_uri_file: None,
        mongodb_username: Some(database.name.to_owned()),
        mongodb_password: Some(database.password.clone()),
        mongodb_password_file: None,
        mongodb_database: database.shop.clone(),
        mongodb_timeout: ONE_LOOK,
    }
}
