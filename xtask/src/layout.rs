//! The processes of a shop: names, ports, replicas, order of starting.

use std::str::FromStr;

use anyhow::Context as _;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The highest offset that keeps every port within 16 bits.
pub(crate) const MAX_PORT_OFFSET: u16 = 38_000;
/// The distance between the ports of two replicas of a service.
const REPLICA_PORT_STEP: u16 = 100;
/// A higher number of replicas on one machine is probably a typing error.
const MAX_REPLICAS: u16 = 16;

/// A kind of process. The order is the order of starting.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
pub(crate) enum Component {
    MongoAuthentication,
    MongoProducts,
    MongoOrders,
    Kafka,
    Authentication,
    Products,
    Orders,
    Gateway,
    /// The web server for browsers: the page, and a proxy to the gateway.
    Edge,
}

/// The phase in which a process is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Databases and the broker.
    Stores,
    /// The shop's own programs.
    Services,
    Edge,
}

impl Component {
    /// All services.
    pub(crate) fn services() -> impl Iterator<Item = Self> {
        let all = Self::value_variants().iter().copied();
        all.filter(|component| component.phase() == Phase::Services)
    }

    fn name_and_port(self) -> (&'static str, u16) {
        match self {
            Self::MongoAuthentication => ("mongo-authentication", 27017),
            Self::MongoProducts => ("mongo-products", 27018),
            Self::MongoOrders => ("mongo-orders", 27019),
            Self::Kafka => ("kafka", 9092),
            Self::Authentication => ("authentication", 8001),
            Self::Products => ("products", 8002),
            Self::Orders => ("orders", 8003),
            Self::Gateway => ("gateway", 8000),
            Self::Edge => ("edge", 8080),
        }
    }

    /// The name of its first process. Replicas append `-2` and so on. A service's package and program
    /// have the same name.
    pub(crate) fn name(self) -> &'static str {
        self.name_and_port().0
    }

    pub(crate) fn phase(self) -> Phase {
        match self {
            Self::MongoAuthentication | Self::MongoProducts | Self::MongoOrders | Self::Kafka => {
                Phase::Stores
            }
            Self::Edge => Phase::Edge,
            _ => Phase::Services,
        }
    }

    /// The stage of stopping the process of that name: first the entry points, so that no new requests
    /// arrive, then the services, which finish their work, and the stores last.
    pub(crate) fn stop_stage(name: &str) -> u8 {
        let mut all = Self::value_variants().iter();
        match all.find(|component| component.name() == name) {
            Some(Self::Edge | Self::Gateway) => 0,
            Some(component) if component.phase() == Phase::Stores => 2,
            // Also every replica.
            _ => 1,
        }
    }
}

/// One process of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) name: String,
    pub(crate) component: Component,
    pub(crate) port: u16,
}

impl Instance {
    /// The ports that it listens on. Kafka has a second one for its controller.
    pub(crate) fn ports(&self) -> Vec<u16> {
        match self.component {
            Component::Kafka => vec![self.port, self.port + 1],
            _ => vec![self.port],
        }
    }
}

/// The number of processes of a service: `products=3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replicas {
    component: Component,
    count: u16,
}

impl FromStr for Replicas {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (name, count) = text.split_once('=')?;
            // Clients know a single address, so there is only one gateway.
            let mut services = Component::services();
            let component =
                services.find(|one| one.name() == name && *one != Component::Gateway)?;
            let count = count.parse().ok()?;
            (1..=MAX_REPLICAS)
                .contains(&count)
                .then_some(Self { component, count })
        };
        parse().with_context(|| {
            format!(
                "expected SERVICE=COUNT with authentication, products or orders, and a count of 1 to \
                 {MAX_REPLICAS}"
            )
        })
    }
}

/// All processes of a shop, in the order of starting; the content of `shop.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shop {
    pub(crate) port_offset: u16,
    pub(crate) instances: Vec<Instance>,
}

impl Shop {
    /// Plans a shop whose ports are all moved by `port_offset`. A running replica belongs to the shop
    /// even if `replicas` has a lower count.
    pub(crate) fn plan(
        port_offset: u16,
        replicas: &[Replicas],
        is_running: impl Fn(&str) -> bool,
    ) -> Self {
        let mut instances = Vec::new();
        for &component in Component::value_variants() {
            let (name, port) = component.name_and_port();
            let replicas = replicas.iter().rev();
            let wanted = replicas.filter(|wanted| wanted.component == component);
            let count = wanted.map(|wanted| wanted.count).next().unwrap_or(1);
            for number in 1..=MAX_REPLICAS {
                let name = match number {
                    1 => name.to_owned(),
                    _ => format!("{name}-{number}"),
                };
                if number <= count || is_running(&name) {
                    let port = port + port_offset + (number - 1) * REPLICA_PORT_STEP;
                    instances.push(Instance {
                        name,
                        component,
                        port,
                    });
                }
            }
        }
        Self {
            port_offset,
            instances,
        }
    }

    /// The address of a component's first process, as `HOST:PORT`.
    pub(crate) fn address(&self, component: Component) -> String {
        format!("127.0.0.1:{}", self.port(component))
    }

    /// The port of a component's first process.
    pub(crate) fn port(&self, component: Component) -> u16 {
        component.name_and_port().1 + self.port_offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(shop: &Shop) -> Vec<(&str, u16)> {
        let instances = shop.instances.iter();
        instances.map(|one| (one.name.as_str(), one.port)).collect()
    }

    #[test]
    fn given_no_options_when_planned_then_a_shop_has_nine_processes_on_their_default_ports_in_order()
     {
        let shop = Shop::plan(0, &[], |_| false);
        assert_eq!(
            ports(&shop),
            [
                ("mongo-authentication", 27017),
                ("mongo-products", 27018),
                ("mongo-orders", 27019),
                ("kafka", 9092),
                ("authentication", 8001),
                ("products", 8002),
                ("orders", 8003),
                ("gateway", 8000),
                ("edge", 8080),
            ]
        );
        assert!(shop.instances.is_sorted_by_key(|one| one.component));
    }

    #[test]
    fn given_an_offset_replicas_and_a_running_replica_when_planned_then_all_have_moved_ports() {
        let replicas = ["products=3"].map(|text| text.parse().unwrap());
        let shop = Shop::plan(100, &replicas, |name| name == "orders-2");
        let ports = ports(&shop);
        assert!(ports.contains(&("kafka", 9192)));
        assert_eq!(
            ports[5..10],
            [
                ("products", 8102),
                ("products-2", 8202),
                ("products-3", 8302),
                ("orders", 8103),
                ("orders-2", 8203)
            ]
        );
    }

    #[test]
    fn given_the_option_replicas_when_parsed_then_only_a_service_and_a_valid_count_are_accepted() {
        let (component, count) = (Component::Products, 3);
        assert_eq!(
            "products=3".parse::<Replicas>().unwrap(),
            Replicas { component, count }
        );
        for wrong in "products products=0 products=999 gateway=2 kafka=3 =1 ".split(' ') {
            assert!(wrong.parse::<Replicas>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn given_the_maximum_offset_when_planned_then_every_port_is_valid() {
        let shop = Shop::plan(MAX_PORT_OFFSET, &[], |_| false);
        let mut ports = shop.instances.iter().flat_map(Instance::ports);
        assert!(ports.all(|port| port > MAX_PORT_OFFSET));
    }
}
