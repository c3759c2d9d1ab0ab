//! The databases of the shop.

use std::env;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures::TryStreamExt as _;
use mongo::MongoSettings;
use mongodb::bson::{Document, Timestamp, doc};
use mongodb::options::{DatabaseOptions, ReadConcern, ReadPreference, SelectionCriteria};
use mongodb::{ClientSession, Database};

/// A failover takes some seconds, and a majority of slow members longer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A service with a database.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Authentication,
    Products,
    Orders,
}

impl Service {
    pub(crate) const ALL: [Self; 3] = [Self::Authentication, Self::Products, Self::Orders];

    /// Also the name of its database user and of its connections.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Products => "products",
            Self::Orders => "orders",
        }
    }
}

/// The database of a service.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) service: Service,
    /// Reads and writes on the primary.
    pub(crate) database: Database,
}

impl Store {
    /// Reads the settings of the databases of authentication, products and orders from the environment.
    pub(crate) async fn all_from_environment() -> Result<[Self; 3]> {
        let [authentication, products, orders] = Service::ALL.map(Self::from_environment);
        let (authentication, products, orders) =
            tokio::try_join!(authentication, products, orders)?;
        Ok([authentication, products, orders])
    }

    async fn from_environment(service: Service) -> Result<Self> {
        let setting = |suffix: &str| {
            let name = format!("MONGODB_{}_{suffix}", service.name().to_uppercase());
            env::var(name).ok().filter(|value| !value.is_empty())
        };
        let password = setting("PASSWORD_FILE");
        let settings = MongoSettings {
            mongodb_uri: setting("URI").map(Into::into),
            mongodb_uri_file: None,
            mongodb_username: password.as_ref().map(|_| service.name().to_owned()),
            mongodb_password: None,
            mongodb_password_file: password,
            mongodb_database: setting("DATABASE").unwrap_or_else(|| "shop".to_owned()),
            mongodb_ca_file: env::var("MONGODB_CA_FILE").ok(),
            mongodb_timeout: TIMEOUT,
        };
        let database = mongo::connect("backup", &settings).await;
        let database = database.with_context(|| {
            let service = service.name().to_uppercase();
            format!("cannot use the settings MONGODB_{service}_…")
        })?;
        Ok(Self { service, database })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.service.name()
    }

    /// The same database, for long reads, which a secondary can do.
    pub(crate) fn for_reading(&self) -> Database {
        let secondary =
            SelectionCriteria::ReadPreference(ReadPreference::SecondaryPreferred { options: None });
        let mut options = DatabaseOptions::default();
        options.read_concern = self.database.read_concern().cloned();
        options.selection_criteria = Some(secondary);
        let name = self.database.name();
        self.database.client().database_with_options(name, options)
    }

    /// The logical time of the database.
    pub(crate) async fn time(&self) -> Result<Timestamp> {
        let mut session = self.database.client().start_session().await?;
        self.ping(&mut session).await?;
        session
            .operation_time()
            .with_context(|| format!("the database of {} is not a replica set", self.name()))
    }

    async fn ping(&self, session: &mut ClientSession) -> Result<()> {
        let ping = self.database.run_command(doc! { "ping": 1 });
        ping.session(session)
            .await
            .with_context(|| format!("cannot reach the database of {}", self.name()))?;
        Ok(())
    }

    /// Fails if the service is connected to its database: its writes would mix with the restored data.
    pub(crate) async fn expect_no_service(&self) -> Result<()> {
        // Of this database user only, which needs no right for it.
        let operations = doc! { "$currentOp": { "allUsers": false, "idleConnections": true } };
        let of_service = doc! { "$match": { "appName": self.name() } };
        let admin = self.database.client().database("admin");
        let connections = admin.aggregate([operations, of_service]);
        let connections = connections.read_concern(ReadConcern::local()).await?;
        let connections: Vec<Document> = connections.try_collect().await?;
        ensure!(
            connections.is_empty(),
            "{} has {} connections to its database; stop it first",
            self.name(),
            connections.len()
        );
        Ok(())
    }
}
