//! The databases to set up: their settings, and clients for them.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use mongodb::Client;
use mongodb::options::{
    Acknowledgment, ClientOptions, Credential, ServerAddress, Tls, TlsOptions, WriteConcern,
};
use runtime::secret;
use secrecy::{ExposeSecret as _, SecretString};
use secrets::DATABASES;

use crate::console::print_line;

/// Short, because an attempt fails while a server starts, and is retried.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

const DEFAULT_DATABASE_NAME: &str = "shop";

/// The database of a service.
pub(crate) struct Database {
    /// Name of the service, and of its database user.
    pub(crate) service: &'static str,
    pub(crate) members: Vec<ServerAddress>,
    pub(crate) replica_set: String,
    /// Name of the database on every member.
    pub(crate) name: String,
    root_password: SecretString,
    pub(crate) password: SecretString,
    /// Password of the read-only user; without it there is no such user.
    pub(crate) browser_password: Option<SecretString>,
    tls: Option<Tls>,
}

#[derive(Clone, Copy)]
pub(crate) enum User<'a> {
    /// Without credentials; MongoDB then answers only `hello`.
    Anonymous,
    Root,
    /// A user of the service's database: name and password.
    Named(&'a str, &'a SecretString),
}

/// Reads the databases that have hosts from the environment.
pub(crate) fn from_environment() -> Result<Vec<Database>> {
    let databases = DATABASES.into_iter().map(Database::from_environment);
    databases.filter_map(Result::transpose).collect()
}

impl Database {
    fn from_environment(service: &'static str) -> Result<Option<Self>> {
        let setting = |suffix: &str| format!("MONGODB_{}_{suffix}", service.to_uppercase());
        let Some(hosts) = variable(&setting("HOSTS")) else {
            print_line(format_args!(
                "{} is not set; skipping that database",
                setting("HOSTS")
            ));
            return Ok(None);
        };
        let members = hosts
            .split(',')
            .map(|host| ServerAddress::parse(host.trim()))
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("cannot parse {}={hosts}", setting("HOSTS")))?;
        let secret = |suffix: &str| {
            let setting = setting(suffix);
            let file = variable(&setting);
            file.map(|file| secret::from_file(&setting, file.as_ref()))
                .transpose()
        };
        let required = |suffix: &str| {
            secret(suffix)?.with_context(|| format!("{} must be set", setting(suffix)))
        };
        Ok(Some(Self {
            service,
            members,
            replica_set: variable(&setting("REPLICA_SET"))
                .unwrap_or_else(|| format!("rs-{service}")),
            name: variable("MONGODB_DATABASE").unwrap_or_else(|| DEFAULT_DATABASE_NAME.to_owned()),
            root_password: required("ROOT_PASSWORD_FILE")?,
            password: required("PASSWORD_FILE")?,
            browser_password: secret("BROWSER_PASSWORD_FILE")?,
            tls: variable("MONGODB_CA_FILE").as_deref().map(tls),
        }))
    }

    /// Creates a client for one member, whether or not it belongs to a replica set.
    pub(crate) fn member_client(&self, member: &ServerAddress, user: User<'_>) -> Result<Client> {
        let mut options = self.client_options(vec![member.clone()], user);
        options.direct_connection = Some(true);
        Ok(Client::with_options(options)?)
    }

    /// Creates a client for the replica set, whose commands run on the primary.
    pub(crate) fn client(&self, user: User<'_>) -> Result<Client> {
        let mut options = self.client_options(self.members.clone(), user);
        options.repl_set_name = Some(self.replica_set.clone());
        // A failover loses nothing that was written.
        let mut majority = WriteConcern::builder().w(Acknowledgment::Majority).build();
        majority.journal = Some(true);
        options.write_concern = Some(majority);
        Ok(Client::with_options(options)?)
    }

    fn client_options(&self, hosts: Vec<ServerAddress>, user: User<'_>) -> ClientOptions {
        let mut options = ClientOptions::builder().hosts(hosts).build();
        options.app_name = Some("setup".to_owned());
        options.tls.clone_from(&self.tls);
        options.server_selection_timeout = Some(CONNECT_TIMEOUT);
        options.connect_timeout = Some(CONNECT_TIMEOUT);
        let login = match user {
            User::Anonymous => None,
            User::Root => Some(("root", &self.root_password, "admin")),
            User::Named(name, password) => Some((name, password, self.name.as_str())),
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

    pub(crate) fn uses_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// The members' addresses, separated by commas.
    pub(crate) fn hosts(&self) -> String {
        let hosts: Vec<_> = self.members.iter().map(ToString::to_string).collect();
        hosts.join(",")
    }

    /// The member with which the replica set is initiated.
    pub(crate) fn first_member(&self) -> Result<&ServerAddress> {
        match self.members.first() {
            Some(first) => Ok(first),
            None => bail!("the replica set {} has no members", self.replica_set),
        }
    }
}

/// TLS with servers whose certificates the authorities in a file have signed.
fn tls(authorities: &str) -> Tls {
    let options = TlsOptions::builder().ca_file_path(PathBuf::from(authorities));
    options.build().into()
}

/// Compose and Kubernetes pass an unset variable as an empty one.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
