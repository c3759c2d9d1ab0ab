//! How a shop is set up.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::settings::{free_port, usual_settings};
use super::{Shop, service};
use crate::kafka::Kafka;
use crate::service::{KINDS, Service};
use crate::{Client, Stores, tokens};

/// How a shop is to be set up.
#[derive(Debug, Default)]
pub struct Builder {
    replicas: BTreeMap<String, usize>,
    settings: Vec<(String, String, String)>,
    own_stores: bool,
}

impl Builder {
    /// Runs more of a service: `products`, `products-2`, …
    #[must_use]
    pub fn replicas(mut self, kind: &str, count: usize) -> Self {
        self.replicas.insert(kind.to_owned(), count);
        self
    }

    /// Sets an environment variable for a service; for all of its kind if it names a kind.
    #[must_use]
    pub fn env(mut self, service: &str, name: &str, value: &str) -> Self {
        self.settings
            .push((service.to_owned(), name.to_owned(), value.to_owned()));
        self
    }

    /// Gives the shop a MongoDB and a Kafka that it shares with no other test.
    #[must_use]
    pub fn own_stores(mut self) -> Self {
        self.own_stores = true;
        self
    }

    /// Starts the shop and waits until all of it is ready.
    pub async fn start(self) -> Shop {
        let shop = self.spawn().await;
        for service in &shop.services {
            shop.wait_ready(&service.name).await;
        }
        shop.find_key_id().await;
        shop
    }

    /// Starts the shop without waiting for it.
    pub async fn spawn(self) -> Shop {
        let own = self.own_stores;
        let start = move || {
            if own {
                Stores::start()
            } else {
                Stores::shared()
            }
        };
        let stores = tokio::task::spawn_blocking(start)
            .await
            .expect("the stores start");
        let id = format!("t_{:012x}", tokens::random() >> 16);
        let services = self.services(&id, &stores);
        for service in &services {
            service.start(&[]);
        }
        let mongodb = mongodb::Client::with_uri_str(&stores.mongodb_uri).await;
        let kafka = Kafka::at(&stores.kafka_brokers);
        Shop {
            visitor: Client::new(&service(&services, "gateway").url()),
            id,
            services,
            mongodb: mongodb.expect("the connection string is right"),
            kafka,
            stores,
            key_id: Mutex::default(),
            tokens: Mutex::default(),
            injected: Mutex::default(),
            stocked: Mutex::default(),
        }
    }

    fn services(&self, shop: &str, stores: &Stores) -> Vec<Service> {
        let mut ports: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        for kind in KINDS {
            let count = self.replicas.get(kind).copied().unwrap_or(1);
            ports.insert(kind, (0..count).map(|_| free_port()).collect());
        }
        let mut services = Vec::new();
        for kind in KINDS {
            for (index, port) in ports[kind].iter().enumerate() {
                let name = if index == 0 {
                    kind.to_owned()
                } else {
                    format!("{kind}-{}", index + 1)
                };
                let mut settings = usual_settings(shop, kind, *port, &ports, stores);
                for (service, variable, value) in &self.settings {
                    if service == kind || *service == name {
                        settings.insert(variable.clone(), value.clone());
                    }
                }
                services.push(Service::new(shop, kind, name, *port, settings));
            }
        }
        services
    }
}
