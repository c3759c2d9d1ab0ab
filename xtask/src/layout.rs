//! The processes of a shop: names, ports, replicas, order of starting.

use anyhow::{Context, Result};
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

/// The phase in which a process is started. Phases are stopped in the reverse order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Databases and the broker. The services need them to finish their work.
    Stores,
    /// The services behind the gateway.
    Services,
    /// The gateway and the edge. Without them no new requests arrive.
    EntryPoints,
}

impl Phase {
    /// All phases in the order of starting.
    pub(crate) const ALL: [Self; 3] = [Self::Stores, Self::Services, Self::EntryPoints];
}

/// What differs between the components.
struct Attributes {
    name: &'static str,
    /// The port of the first process, without an offset.
    port: u16,
    phase: Phase,
}

impl Component {
    #[rustfmt::skip]
    fn attributes(self) -> Attributes {
        let (name, port, phase) = match self {
            Self::MongoAuthentication => ("mongo-authentication", 27017, Phase::Stores),
            Self::MongoProducts => ("mongo-products", 27018, Phase::Stores),
            Self::MongoOrders => ("mongo-orders", 27019, Phase::Stores),
            Self::Kafka => ("kafka", 9092, Phase::Stores),
            Self::Authentication => ("authentication", 8001, Phase::Services),
            Self::Products => ("products", 8002, Phase::Services),
            Self::Orders => ("orders", 8003, Phase::Services),
            Self::Gateway => ("gateway", 8000, Phase::EntryPoints),
            Self::Edge => ("edge", 8080, Phase::EntryPoints),
        };
        Attributes { name, port, phase }
    }

    /// The name of its first process. Replicas append `-2` and so on. A service's package and program
    /// have the same name.
    pub(crate) fn name(self) -> &'static str {
        self.attributes().name
    }

    pub(crate) fn phase(self) -> Phase {
        self.attributes().phase
    }

    /// The component of a process.
    pub(crate) fn of(process: &str) -> Option<Self> {
        let is_suffix = |letter: char| letter == '-' || letter.is_ascii_digit();
        Self::from_str(process.trim_end_matches(is_suffix), false).ok()
    }

    /// Whether it is a program of the shop, which cargo builds.
    pub(crate) fn is_program(self) -> bool {
        self.phase() != Phase::Stores && self != Self::Edge
    }

    /// The shop's own programs.
    pub(crate) fn programs() -> impl Iterator<Item = Self> {
        let all = Self::value_variants().iter().copied();
        all.filter(|component| component.is_program())
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
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        self.port..=self.port + u16::from(self.component == Component::Kafka)
    }
}

/// A service and the number of its processes.
pub(crate) type Replicas = (Component, u16);

/// Parses the number of processes of a service: `products=3`.
pub(crate) fn parse_replicas(text: &str) -> Result<Replicas> {
    let parse = || {
        let (name, count) = text.split_once('=')?;
        let component = Component::from_str(name, false).ok()?;
        let count = count
            .parse()
            .ok()
            .filter(|count| (1..=MAX_REPLICAS).contains(count))?;
        // Clients know a single address, so there is only one gateway.
        (component.phase() == Phase::Services).then_some((component, count))
    };
    parse().with_context(|| {
        format!(
            "expected SERVICE=COUNT with authentication, products or orders, and a count of 1 to \
             {MAX_REPLICAS}"
        )
    })
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
            let Attributes {
                name: first, port, ..
            } = component.attributes();
            let wanted = replicas.iter().rfind(|(one, _)| *one == component);
            let count = wanted.map_or(1, |(_, count)| *count);
            for number in 1..=MAX_REPLICAS {
                let name = match number {
                    1 => first.to_owned(),
                    _ => format!("{first}-{number}"),
                };
                if number <= count || is_running(&name) {
                    instances.push(Instance {
                        name,
                        component,
                        port: port + port_offset + (number - 1) * REPLICA_PORT_STEP,
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
        component.attributes().port + self.port_offset
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
        let replicas = ["products=3"].map(|text| parse_replicas(text).unwrap());
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
        let replicas = parse_replicas("products=3").unwrap();
        assert_eq!(replicas, (Component::Products, 3));
        for wrong in "products products=0 products=999 gateway=2 kafka=3 =1 ".split(' ') {
            assert!(parse_replicas(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn given_the_maximum_offset_when_planned_then_every_port_is_valid() {
        let shop = Shop::plan(MAX_PORT_OFFSET, &[], |_| false);
        let mut ports = shop.instances.iter().flat_map(Instance::ports);
        assert!(ports.all(|port| port > MAX_PORT_OFFSET));
    }
}
