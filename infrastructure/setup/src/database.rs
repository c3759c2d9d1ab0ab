//! The databases to prepare: what is known of each, and what is done to it.

use std::env;

use anyhow::{Context as _, Result, bail};
use mongodb::Client;
use mongodb::options::{ClientOptions, Credential, ServerAddress};
use secrecy::{ExposeSecret as _, SecretString};
use secrets::DATABASES;
use service_kit::secret;

use crate::console::say;
use crate::patience::Patience;
use crate::{replica_set, users};

/// Where a service's data are, on every member.
const DATABASE: &str = "shop";

/// A service's database.
pub(crate) struct Database {
    /// The service, and its user.
    pub(crate) name: &'static str,
    pub(crate) members: Vec<ServerAddress>,
    pub(crate) replica_set: String,
    pub(crate) shop: String,
    root_password: SecretString,
    pub(crate) password: SecretString,
    /// Of the user that may only read, where one is wanted.
    pub(crate) browser_password: Option<SecretString>,
}

/// Who calls.
#[derive(Clone, Copy)]
pub(crate) enum User<'a> {
    /// Nobody in particular, who may only ask whether somebody is there.
    Nobody,
    Root,
    /// One that belongs to the service's database.
    Of(&'a str, &'a SecretString),
}

/// Those that have hosts.
pub(crate) fn from_environment() -> Result<Vec<Database>> {
    let known = DATABASES.into_iter().map(Database::from_environment);
    known.filter_map(Result::transpose).collect()
}

/// Makes it a replica set in which the service's user has its rights.
pub(crate) async fn prepare(database: &Database, patience: Patience) -> Result<()> {
    let what_failed = || format!("the database of {} is not prepared", database.name);
    replica_set::prepare(database, patience)
        .await
        .with_context(what_failed)?;
    users::prepare(database).await.with_context(what_failed)
}

impl Database {
    fn from_environment(name: &'static str) -> Result<Option<Self>> {
        let of = |part: &str| format!("MONGODB_{}_{part}", name.to_uppercase());
        let Some(hosts) = variable(&of("HOSTS")) else {
            say(format_args!(
                "{} is not set; leaves that database alone",
                of("HOSTS")
            ));
            return Ok(None);
        };
        let members = hosts
            .split(',')
            .map(|host| ServerAddress::parse(host.trim()))
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("{} is {hosts}", of("HOSTS")))?;
        let secret = |part: &str| {
            let setting = of(part);
            let file = variable(&setting);
            file.map(|file| secret::from_file(&setting, file.as_ref()))
                .transpose()
        };
        let needed =
            |part: &str| secret(part)?.with_context(|| format!("{} must be set", of(part)));
        Ok(Some(Self {
            name,
            members,
            replica_set: variable(&of("REPLICA_SET")).unwrap_or_else(|| format!("rs-{name}")),
            shop: variable("MONGODB_DATABASE").unwrap_or_else(|| DATABASE.to_owned()),
            root_password: needed("ROOT_PASSWORD_FILE")?,
            password: needed("PASSWORD_FILE")?,
            browser_password: secret("BROWSER_PASSWORD_FILE")?,
        }))
    }

    /// A client of one member, whatever that is to its replica set.
    pub(crate) fn member(&self, address: &ServerAddress, user: User<'_>) -> Result<Client> {
        let mut options = self.options(vec![address.clone()], user);
        options.direct_connection = Some(true);
        Ok(Client::with_options(options)?)
    }

    /// A client of the replica set, whose calls go to the primary.
    pub(crate) fn client(&self, user: User<'_>) -> Result<Client> {
        let mut options = self.options(self.members.clone(), user);
        options.repl_set_name = Some(self.replica_set.clone());
        Ok(Client::with_options(options)?)
    }

    fn options(&self, hosts: Vec<ServerAddress>, user: User<'_>) -> ClientOptions {
        let mut options = ClientOptions::builder().hosts(hosts).build();
        options.app_name = Some("setup".to_owned());
        options.server_selection_timeout = Some(replica_set::ONE_LOOK);
        options.connect_timeout = Some(replica_set::ONE_LOOK);
        let login = match user {
            User::Nobody => None,
            User::Root => Some(("root", &self.root_password, "admin")),
            User::Of(name, password) => Some((name, password, self.shop.as_str())),
        };
        options.credential = login.map(|(name, password, source)| {
            Credential::builder()
                .username(name.to_owned())
                .password(password.expose_secret().to_owned())
                .source(source.to_owned())
                .build()
        });
        options
    }

    /// Where the members are, as one text.
    pub(crate) fn hosts(&self) -> String {
        let hosts: Vec<_> = self.members.iter().map(ToString::to_string).collect();
        hosts.join(",")
    }

    /// The first member, which is the one that the replica set begins with.
    pub(crate) fn first(&self) -> Result<&ServerAddress> {
        match self.members.first() {
            Some(first) => Ok(first),
            None => bail!("it has no members"),
        }
    }
}

/// Compose and Kubernetes set an empty variable where they mean none.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
