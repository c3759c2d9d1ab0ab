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
    /// File with the admin's password, such as `admin-password` of `setup secrets`.
    #[arg(long, env = "ADMIN_PASSWORD_FILE")]
    admin_password_file: Option<PathBuf>,
}

impl Admin {
    /// Creates the account if it is configured and does not exist. The password is never printed,
    /// because the output of a container is a log.
    pub(crate) async fn create(&self, database: Option<&Database>) -> Result<()> {
        let Some(email) = self.email()? else {
            return Ok(());
        };
        let (file, password) = self.password()?;
        let database = database.context("MONGODB_AUTHENTICATION_HOSTS must be set")?;
        let client = database.client(User::Named(database.service, &database.password))?;
        let users = Users::new(&client.database(&database.name), CONNECT_TIMEOUT);
        if ensure_admin(&users, &email, &password).await? {
            print_line(format_args!(
                "created the admin {email}, whose password is in the file \
                 ADMIN_PASSWORD_FILE={}",
                file.display()
            ));
        } else {
            print_line(format_args!(
                "the admin {email} exists; its password was not changed"
            ));
        }
        Ok(())
    }

    /// Compose and Kubernetes pass an unset variable as an empty one.
    fn email(&self) -> Result<Option<Email>> {
        let email = self.admin_email.as_deref();
        let email = email.filter(|email| !email.is_empty());
        email
            .map(|email| Email::parse(email).with_context(|| format!("ADMIN_EMAIL={email}")))
            .transpose()
    }

    fn password(&self) -> Result<(&PathBuf, SecretString)> {
        let file = self.admin_password_file.as_ref();
        let file = file.filter(|path| !path.as_os_str().is_empty()).context(
            "ADMIN_EMAIL is set without ADMIN_PASSWORD_FILE; set it to a file with the admin's \
             password, such as the file admin-password that `setup secrets` creates",
        )?;
        Ok((file, secret::from_file("ADMIN_PASSWORD_FILE", file)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn given_an_email_without_a_password_file_when_created_then_the_error_names_the_setting()
    {
        for file in [None, Some(PathBuf::new()), Some("/nowhere/password".into())] {
            let admin = Admin {
                admin_email: Some("ada@test.example".to_owned()),
                admin_password_file: file.clone(),
            };
            let error = admin.create(None).await.expect_err("there is no password");
            let error = format!("{error:#}");
            assert!(error.contains("ADMIN_PASSWORD_FILE"), "{file:?}: {error}");
        }
    }

    #[tokio::test]
    async fn given_no_email_when_created_then_no_password_is_needed() {
        for email in [None, Some(String::new())] {
            let admin = Admin {
                admin_email: email,
                admin_password_file: None,
            };
            admin.create(None).await.expect("there is nothing to do");
        }
    }
}
