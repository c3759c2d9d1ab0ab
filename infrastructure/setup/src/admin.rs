//! The first admin.

use std::path::PathBuf;

use accounts::{Users, ensure_admin};
use anyhow::{Context as _, Result};
use clap::Args;
use domain::Email;
use runtime::secret;
use secrecy::SecretString;

use crate::console::print_line;
use crate::database::{CONNECT_TIMEOUT, Database, User};

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
        let client = database.client(User::Named(database.service, &database.password))?;
        let users = Users::new(&client.database(&database.name), CONNECT_TIMEOUT);
        print_line(ensure_admin(&users, &email, self.password()?).await?);
        Ok(())
    }

    fn password(&self) -> Result<Option<SecretString>> {
        let file = self.admin_password_file.as_deref();
        let file = file.filter(|path| !path.as_os_str().is_empty());
        file.map(|path| Ok(secret::from_file("ADMIN_PASSWORD_FILE", path)?))
            .transpose()
    }
}
