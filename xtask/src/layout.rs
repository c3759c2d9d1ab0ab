//! The processes of a shop: names, ports, replicas, order of starting.

use std::{collections::BTreeMap, fmt, net::Ipv4Addr, str::FromStr};

use anyhow::{Result, bail};

/// The highest offset that keeps every port within 16 bits.
pub(crate) const MAX_PORT_OFFSET: u16 = 38_000;
/// The first port of the replicas.
const FIRST_REPLICA_PORT: u16 = 8100;
/// A higher number of replicas on one machine is probably a typing error.
const MAX_REPLICAS: u16 = 16;

/// One of the shop's own programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Authentication,
    Products,
    Orders,
    Gateway,
}

impl Service {
    pub(crate) const ALL: [Self; 4] = [
        Self::Authentication,
        Self::Products,
        Self::Orders,
        Self::Gateway,
    ];

    /// The name of the service, of its package and of its program.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Products => "products",
            Self::Orders => "orders",
            Self::Gateway => "gateway",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Gateway => 8000,
            Self::Authentication => 8001,
            Self::Products => 8002,
            Self::Orders => 8003,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A kind of process. The order is the order of starting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Component {
    /// The database of a service.
    Mongo(Service),
    /// The message broker.
    Kafka,
    /// A service, or one of its replicas.
    Service(Service),
    /// The web server for browsers: the page, and a proxy to the gateway.
    Edge,
}

impl Component {
    const ALL: [Self; 9] = [
        Self::Mongo(Service::Authentication),
        Self::Mongo(Service::Products),
        Self::Mongo(Service::Orders),
        Self::Kafka,
        Self::Service(Service::Authentication),
        Self::Service(Service::Products),
        Self::Service(Service::Orders),
        Self::Service(Service::Gateway),
        Self::Edge,
    ];

    /// The component of a process name, which may be that of a replica.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let base = match name.rsplit_once('-') {
            Some((base, number)) if number.parse::<u16>().is_ok() => base,
            _ => name,
        };
        Self::ALL
            .into_iter()
            .find(|component| component.name() == base)
    }

    /// Whether it is a database or the broker.
    pub(crate) fn is_store(self) -> bool {
        matches!(self, Self::Mongo(_) | Self::Kafka)
    }

    /// Whether it is one of the shop's own programs.
    pub(crate) fn is_service(self) -> bool {
        matches!(self, Self::Service(_))
    }

    /// Whether it is the web server for browsers.
    pub(crate) fn is_edge(self) -> bool {
        self == Self::Edge
    }

    /// The stage of stopping: first the entry points, so that no new requests arrive, then the
    /// services, which finish their work, and the stores last.
    pub(crate) fn stop_stage(self) -> u8 {
        match self {
            Self::Edge | Self::Service(Service::Gateway) => 0,
            Self::Service(_) => 1,
            Self::Mongo(_) | Self::Kafka => 2,
        }
    }

    /// The name of its first process. Replicas append `-2` and so on.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Mongo(service) => format!("mongo-{service}"),
            Self::Kafka => "kafka".to_owned(),
            Self::Service(service) => service.name().to_owned(),
            Self::Edge => "edge".to_owned(),
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Mongo(Service::Products) => 27018,
            Self::Mongo(Service::Orders) => 27019,
            Self::Mongo(_) => 27017,
            Self::Kafka => 9092,
            Self::Service(service) => service.port(),
            Self::Edge => 8080,
        }
    }
}

/// One process of the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// Whether it is not the first process of its component.
    pub(crate) fn is_replica(&self) -> bool {
        self.name != self.component.name()
    }

    /// Its HTTP address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }
}

/// The number of processes of a service: `products=3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replicas {
    service: Service,
    count: u16,
}

impl FromStr for Replicas {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (name, count) = text.split_once('=')?;
            // Clients know a single address, so there is only one gateway.
            let service = Service::ALL
                .into_iter()
                .find(|service| service.name() == name)?;
            let count = count
                .parse()
                .ok()
                .filter(|count| (1..=MAX_REPLICAS).contains(count))?;
            (service != Service::Gateway).then_some(Self { service, count })
        };
        parse().ok_or_else(|| {
            format!(
                "expected SERVICE=COUNT with authentication, products or orders, and a count of 1 to \
                 {MAX_REPLICAS}"
            )
        })
    }
}

/// All processes of a shop, in the order of starting.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) port_offset: u16,
    pub(crate) instances: Vec<Instance>,
}

impl Shop {
    /// Plans a shop whose ports are all moved by `port_offset`.
    ///
    /// `running` contains the ports of processes that run already. A running replica belongs to the
    /// shop and keeps its port, even if `replicas` has a lower count.
    pub(crate) fn plan(
        port_offset: u16,
        replicas: &[Replicas],
        running: &BTreeMap<String, u16>,
    ) -> Result<Self> {
        if port_offset > MAX_PORT_OFFSET {
            bail!("--port-offset {port_offset} is too high; the maximum is {MAX_PORT_OFFSET}");
        }
        let mut free = (FIRST_REPLICA_PORT + port_offset..)
            .filter(|port| !running.values().any(|taken| taken == port));
        let mut instances = Vec::new();
        for component in Component::ALL {
            let name = component.name();
            instances.push(Instance {
                name: name.clone(),
                component,
                port: component.port() + port_offset,
            });
            let Component::Service(service) = component else {
                continue;
            };
            let wanted = replicas
                .iter()
                .rev()
                .find(|wanted| wanted.service == service)
                .map_or(1, |wanted| wanted.count);
            let runs = |number: &u16| running.contains_key(&format!("{name}-{number}"));
            let count = (2..=MAX_REPLICAS)
                .filter(runs)
                .max()
                .unwrap_or(1)
                .max(wanted);
            for number in 2..=count {
                let name = format!("{name}-{number}");
                // The default is never used: there are far more ports than replicas.
                let port = running
                    .get(&name)
                    .copied()
                    .or_else(|| free.next())
                    .unwrap_or_default();
                instances.push(Instance {
                    name,
                    component,
                    port,
                });
            }
        }
        Ok(Self {
            port_offset,
            instances,
        })
    }

    /// The processes of a component.
    pub(crate) fn instances_of(&self, component: Component) -> impl Iterator<Item = &Instance> {
        self.instances
            .iter()
            .filter(move |instance| instance.component == component)
    }

    /// The port of a component's first process.
    pub(crate) fn port(&self, component: Component) -> u16 {
        component.port() + self.port_offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(shop: &Shop) -> Vec<(&str, u16)> {
        shop.instances
            .iter()
            .map(|instance| (instance.name.as_str(), instance.port))
            .collect()
    }

    #[test]
    fn given_no_options_when_planned_then_a_shop_has_nine_processes_on_their_default_ports_in_order()
     {
        let shop = Shop::plan(0, &[], &BTreeMap::new()).unwrap();
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
    }

    #[test]
    fn given_an_offset_and_replicas_when_planned_then_every_port_is_moved() {
        let replicas = ["products=3", "orders=2"].map(|text| text.parse().unwrap());
        let shop = Shop::plan(100, &replicas, &BTreeMap::new()).unwrap();
        let ports = ports(&shop);
        assert!(ports.contains(&("kafka", 9192)));
        assert_eq!(
            ports[5..10],
            [
                ("products", 8102),
                ("products-2", 8200),
                ("products-3", 8201),
                ("orders", 8103),
                ("orders-2", 8202)
            ]
        );
    }

    #[test]
    fn given_a_running_replica_when_planned_then_it_keeps_its_port() {
        let running = BTreeMap::from([("orders-2".to_owned(), 8100)]);
        let replicas = ["products=2"].map(|text| text.parse().unwrap());
        let shop = Shop::plan(0, &replicas, &running).unwrap();
        assert!(ports(&shop).contains(&("products-2", 8101)));
        assert!(ports(&shop).contains(&("orders-2", 8100)));
    }

    #[test]
    fn given_the_option_replicas_when_parsed_then_only_a_service_and_a_valid_count_are_accepted() {
        assert_eq!(
            "products=3".parse(),
            Ok(Replicas {
                service: Service::Products,
                count: 3
            })
        );
        for wrong in [
            "products",
            "products=0",
            "products=999",
            "gateway=2",
            "kafka=3",
            "=1",
            "",
        ] {
            assert!(wrong.parse::<Replicas>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn given_a_process_name_when_parsed_then_its_component_is_returned() {
        assert_eq!(
            Component::from_name("products-12"),
            Some(Component::Service(Service::Products))
        );
        assert_eq!(
            Component::from_name("mongo-products"),
            Some(Component::Mongo(Service::Products))
        );
        assert_eq!(Component::from_name("nginx"), None);
    }

    #[test]
    fn given_the_maximum_offset_when_planned_then_every_port_is_valid() {
        let shop = Shop::plan(MAX_PORT_OFFSET, &[], &BTreeMap::new()).unwrap();
        assert!(
            shop.instances
                .iter()
                .all(|instance| instance.port > MAX_PORT_OFFSET)
        );
        assert!(Shop::plan(MAX_PORT_OFFSET + 1, &[], &BTreeMap::new()).is_err());
    }
}
