//! The configuration of a shop, and its start.

use std::collections::BTreeMap;

use crate::release::Release;
use crate::servers::Servers;
use crate::service::Service;
use crate::settings::{Ports, SERVICES, free_port, shop_settings};
use crate::shop::Shop;
use crate::stores::Stores;
use crate::tls_front;

/// The configuration of a shop.
#[derive(Debug, Default)]
pub struct Builder {
    replicas: BTreeMap<String, usize>,
    /// Service or replica, variable, value.
    settings: Vec<(String, String, String)>,
    dedicated_servers: bool,
    tls: bool,
    release: Option<Release>,
}

impl Shop {
    /// Starts a shop with the usual settings and waits until it is ready.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Configures a shop.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Runs more than one replica of a service: `products`, `products-2`, …
    #[must_use]
    pub fn replicas(mut self, service: &str, count: usize) -> Self {
        self.replicas.insert(service.to_owned(), count);
        self
    }

    /// Sets an environment variable for all replicas of a service, or for one replica.
    #[must_use]
    pub fn env(mut self, name: &str, variable: &str, value: &str) -> Self {
        self.settings
            .push((name.to_owned(), variable.to_owned(), value.to_owned()));
        self
    }

    /// Sets an environment variable for all services.
    #[must_use]
    pub fn env_all(self, variable: &str, value: &str) -> Self {
        let set = |builder: Self, service| builder.env(service, variable, value);
        SERVICES.into_iter().fold(self, set)
    }

    /// Gives the shop its own MongoDB and Kafka, into which faults can be injected.
    #[must_use]
    pub fn dedicated_servers(mut self) -> Self {
        self.dedicated_servers = true;
        self
    }

    /// Encrypts all connections between services, MongoDB and Kafka, which are the shop's own.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Runs the services of another release than this one.
    #[must_use]
    pub fn release(mut self, release: &Release) -> Self {
        self.release = Some(release.clone());
        self
    }

    /// Starts the shop and waits until it is ready.
    pub async fn start(self) -> Shop {
        let shop = self.spawn().await;
        for name in shop.service_names() {
            shop.wait_ready(name).await;
        }
        shop.find_key_id().await;
        shop
    }

    /// Starts the shop without waiting.
    pub async fn spawn(self) -> Shop {
        let start = if self.tls {
            Servers::start_with_tls
        } else if self.dedicated_servers {
            Servers::start
        } else {
            Servers::shared
        };
        let stores = Stores::new(start).await;
        Shop::spawn(self.services(&stores), stores)
    }

    fn services(&self, stores: &Stores) -> Vec<Service> {
        let replicas = |service: &str| self.replicas.get(service).copied().unwrap_or(1);
        let ports: Ports = SERVICES
            .into_iter()
            .map(|service| {
                (
                    service,
                    (0..replicas(service)).map(|_| free_port()).collect(),
                )
            })
            .collect();
        let (namespace, servers) = (&stores.namespace, &stores.servers);
        let mut services = Vec::new();
        for service in SERVICES {
            for (index, port) in ports[service].iter().enumerate() {
                let name = match index {
                    0 => service.to_owned(),
                    _ => format!("{service}-{}", index + 1),
                };
                let mut settings = shop_settings(service, *port, &ports, namespace, servers);
                for (target, variable, value) in &self.settings {
                    if target == service || *target == name {
                        settings.insert(variable.clone(), value.clone());
                    }
                }
                let mut replica = Service::new(&namespace.0, service, &name, *port, settings);
                if let Some(certificates) = &servers.certificates {
                    replica.front = Some(tls_front::forward_to(*port, certificates.authorities()));
                }
                if let Some(release) = &self.release {
                    replica.set_release(release);
                }
                services.push(replica);
            }
        }
        services
    }
}
