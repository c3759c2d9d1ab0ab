//! The certificates of a shop with TLS.

use std::process::Output;
use std::time::Duration;

use bson::doc;

use super::Shop;
use crate::certificates::Certificates;
use crate::eventually::eventually_within;
use crate::service::Service;

/// Services notice changed files within five seconds.
const RELOAD_TIMEOUT: Duration = Duration::from_mins(1);

impl Shop {
    /// Replaces the certificates of services, MongoDB and Kafka, as operators do: Kafka is restarted, MongoDB
    /// gets a command, and services notice it. Returns when new connections get the new certificates.
    pub async fn replace_certificates(&self) {
        let certificates = self.certificates();
        certificates.renew();
        let command = doc! { "rotateCertificates": 1 };
        let admin = self.stores.mongodb.database("admin");
        let replaced = admin.run_command(command).await;
        replaced.expect("MongoDB uses the new certificate");
        self.servers().kill_kafka().await;
        self.servers().restart_kafka().await;
        for address in self.encrypted_addresses() {
            let what = format!("{address} has the new certificate");
            eventually_within(RELOAD_TIMEOUT, &what, async || {
                certificates.check_presented_at(&address).await
            })
            .await;
        }
    }

    /// Runs a service's program with `--healthcheck`.
    pub fn check_health(&self, name: &str) -> Output {
        self.service(name).check_health()
    }

    fn certificates(&self) -> &Certificates {
        let certificates = self.servers().certificates.as_deref();
        certificates.expect("certificates need `Builder::tls`")
    }

    fn encrypted_addresses(&self) -> Vec<String> {
        let services = self.services.iter().map(Service::address);
        let servers = self.servers();
        let mongodb = servers.mongodb_uri.split('/').nth(2);
        let stores = [
            mongodb.unwrap_or_default().to_owned(),
            servers.kafka_users_brokers.clone(),
        ];
        services.chain(stores).collect()
    }
}
