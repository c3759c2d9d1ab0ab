//! Which processes make up a shop: their names, their ports, their order.

use std::{collections::BTreeMap, fmt, net::Ipv4Addr, str::FromStr};

use anyhow::{Result, bail};

/// The highest offset that keeps every port within 16 bits.
pub(crate) const HIGHEST_OFFSET: u16 = 38_000;
/// Where the ports of replicas begin.
const REPLICAS_FROM: u16 = 8100;
/// More than anybody needs on one machine; what is beyond is a typing error.
const MOST_REPLICAS: u16 = 16;

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

/// What a process of the shop is. The order is that of starting; stopping goes the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Component {
    /// The database of a service.
    Mongo(Service),
    /// The broker.
    Kafka,
    /// A service, or one of its replicas.
    Service(Service),
    /// What a browser talks to: the page, and the way to the gateway.
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

    /// The component that a process of this name is, replicas included.
    pub(crate) fn of(name: &str) -> Option<Self> {
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

    /// Those that are stopped together: first the ways in, so that nothing new comes, then the
    /// services, which may still want to finish something, and the stores last.
    pub(crate) fn stage(self) -> u8 {
        match self {
            Self::Edge | Self::Service(Service::Gateway) => 0,
            Self::Service(_) => 1,
            Self::Mongo(_) | Self::Kafka => 2,
        }
    }

    /// The name of its first process; those of replicas have `-2` and so on at their end.
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
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) component: Component,
    pub(crate) port: u16,
}

impl Member {
    /// The ports it listens on: Kafka has another one for its controller.
    pub(crate) fn ports(&self) -> Vec<u16> {
        match self.component {
            Component::Kafka => vec![self.port, self.port + 1],
            _ => vec![self.port],
        }
    }

    /// Whether it is the second of its kind, or a later one.
    pub(crate) fn is_replica(&self) -> bool {
        self.name != self.component.name()
    }

    /// Its port as an address of HTTP.
    pub(crate) fn url(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }
}

/// How many of a service: `products=3`.
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
            // One gateway is the only way in; there is no second address to find another at.
            let service = Service::ALL
                .into_iter()
                .find(|service| service.name() == name)?;
            let count = count
                .parse()
                .ok()
                .filter(|count| (1..=MOST_REPLICAS).contains(count))?;
            (service != Service::Gateway).then_some(Self { service, count })
        };
        parse().ok_or_else(|| {
            format!(
                "write SERVICE=COUNT, with authentication, products or orders and 1 to \
                 {MOST_REPLICAS}"
            )
        })
    }
}

/// Every process of a shop, in the order of starting.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) offset: u16,
    pub(crate) members: Vec<Member>,
}

impl Shop {
    /// Lays out a shop whose ports are all moved by `offset`.
    ///
    /// `known` are the ports of processes that run already: a replica that runs belongs to the shop
    /// and keeps its port, whatever is asked for later.
    pub(crate) fn plan(
        offset: u16,
        replicas: &[Replicas],
        known: &BTreeMap<String, u16>,
    ) -> Result<Self> {
        if offset > HIGHEST_OFFSET {
            bail!("--port-offset {offset} is too high; the highest is {HIGHEST_OFFSET}");
        }
        let mut free =
            (REPLICAS_FROM + offset..).filter(|port| !known.values().any(|taken| taken == port));
        let mut members = Vec::new();
        for component in Component::ALL {
            let name = component.name();
            members.push(Member {
                name: name.clone(),
                component,
                port: component.port() + offset,
            });
            let Component::Service(service) = component else {
                continue;
            };
            let asked = replicas
                .iter()
                .rev()
                .find(|asked| asked.service == service)
                .map_or(1, |asked| asked.count);
            let runs = |number: &u16| known.contains_key(&format!("{name}-{number}"));
            let count = (2..=MOST_REPLICAS)
                .filter(runs)
                .max()
                .unwrap_or(1)
                .max(asked);
            for number in 2..=count {
                let name = format!("{name}-{number}");
                // The range of ports is endless compared with the number of replicas.
                let port = known
                    .get(&name)
                    .copied()
                    .or_else(|| free.next())
                    .unwrap_or_default();
                members.push(Member {
                    name,
                    component,
                    port,
                });
            }
        }
        Ok(Self { offset, members })
    }

    /// The processes of a component.
    pub(crate) fn of(&self, component: Component) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .filter(move |member| member.component == component)
    }

    /// The port of a component's first process, which is the same in every shop but for the offset.
    pub(crate) fn port(&self, component: Component) -> u16 {
        component.port() + self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(shop: &Shop) -> Vec<(&str, u16)> {
        shop.members
            .iter()
            .map(|member| (member.name.as_str(), member.port))
            .collect()
    }

    #[test]
    fn a_plain_shop_has_nine_processes_on_their_known_ports_in_the_order_of_starting() {
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
    fn an_offset_moves_every_port_and_replicas_get_ports_upward_from_8100() {
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
    fn a_replica_that_runs_belongs_to_the_shop_and_keeps_its_port() {
        let known = BTreeMap::from([("orders-2".to_owned(), 8100)]);
        let replicas = ["products=2"].map(|text| text.parse().unwrap());
        let shop = Shop::plan(0, &replicas, &known).unwrap();
        assert!(ports(&shop).contains(&("products-2", 8101)));
        assert!(ports(&shop).contains(&("orders-2", 8100)));
    }

    #[test]
    fn replicas_are_a_service_and_a_sensible_number() {
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
    fn a_name_tells_its_component() {
        assert_eq!(
            Component::of("products-12"),
            Some(Component::Service(Service::Products))
        );
        assert_eq!(
            Component::of("mongo-products"),
            Some(Component::Mongo(Service::Products))
        );
        assert_eq!(Component::of("nginx"), None);
    }

    #[test]
    fn the_highest_offset_keeps_every_port_possible() {
        let shop = Shop::plan(HIGHEST_OFFSET, &[], &BTreeMap::new()).unwrap();
        assert!(
            shop.members
                .iter()
                .all(|member| member.port > HIGHEST_OFFSET)
        );
        assert!(Shop::plan(HIGHEST_OFFSET + 1, &[], &BTreeMap::new()).is_err());
    }
}
