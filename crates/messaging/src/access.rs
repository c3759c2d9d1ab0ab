//! What each user of the broker may do: exactly what it needs. What no rule allows is refused.

use std::time::Duration;

use events::Topics;
use kafka_acls::{Operation, Resource, Rule};
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;

use crate::consumer::group_for;
use crate::settings::KafkaSettings;
use crate::topics::TopicsError;

/// The purpose of the second consumer of orders, which has a group of its own.
pub const PRODUCT_STATES: &str = "product-states";

const TIMEOUT: Duration = Duration::from_secs(5);

/// Creates the missing rules for the users of a shop, whose services use the consumer groups
/// `products_group` and `orders_group`.
pub async fn allow_users(
    settings: &KafkaSettings,
    products_group: &str,
    orders_group: &str,
) -> Result<(), TopicsError> {
    let rules = rules(&settings.topics(), products_group, orders_group);
    let admin: AdminClient<DefaultClientContext> = settings.client("access")?.create()?;
    let creation =
        tokio::task::spawn_blocking(move || kafka_acls::create(admin.inner(), &rules, TIMEOUT));
    creation
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    Ok(())
}

/// The rules for the users of a shop with these topics.
pub fn rules(topics: &Topics, products_group: &str, orders_group: &str) -> Vec<Rule> {
    let products = user(
        "products",
        &[&topics.orders],
        &[
            &topics.products,
            &topics.order_status,
            &topics.product_states,
            &topics.dead_letters,
        ],
        &[products_group.to_owned()],
    );
    let orders = user(
        "orders",
        &[
            &topics.products,
            &topics.order_status,
            &topics.product_states,
        ],
        &[&topics.orders, &topics.dead_letters],
        &[
            orders_group.to_owned(),
            group_for(orders_group, PRODUCT_STATES),
        ],
    );
    // A service creates missing topics, also those of the other one.
    let create = ["products", "orders"].into_iter().flat_map(|service| {
        let topics = topics.all().into_iter();
        topics.map(move |name| rule(service, Operation::Create, Resource::Topic(name.to_owned())))
    });
    let rules = products.chain(orders).chain(create).chain(browser(topics));
    rules.chain(everything_else()).collect()
}

/// A user who reads and writes topics, with its consumer groups.
fn user(
    name: &'static str,
    reads: &[&String],
    writes: &[&String],
    groups: &[String],
) -> impl Iterator<Item = Rule> + use<> {
    let topic =
        |operation| move |topic: &&String| rule(name, operation, Resource::Topic((*topic).clone()));
    let group = |group: &String| rule(name, Operation::Read, Resource::Group(group.clone()));
    let mut rules: Vec<_> = reads.iter().map(topic(Operation::Read)).collect();
    rules.extend(writes.iter().map(topic(Operation::Write)));
    rules.extend(groups.iter().map(group));
    rules.into_iter()
}

/// Only looks. It may not read as a member of a group, because that includes the right to change how far
/// the group has read.
fn browser(topics: &Topics) -> impl Iterator<Item = Rule> + use<> {
    let names = topics.all().map(str::to_owned);
    let topics = names.into_iter().flat_map(|name| {
        let look = [Operation::Read, Operation::DescribeConfigs];
        look.map(|operation| rule("browser", operation, Resource::Topic(name.clone())))
    });
    topics.chain([
        rule("browser", Operation::Describe, Resource::AllGroups),
        rule("browser", Operation::Describe, Resource::Cluster),
        rule("browser", Operation::DescribeConfigs, Resource::Cluster),
    ])
}

/// A broker allows everything on a resource that no rule mentions, so that the update to rules interrupts
/// nothing. These mention every resource, and allow only the broker itself, which needs no rule.
fn everything_else() -> impl Iterator<Item = Rule> {
    let resources = [
        Resource::AllTopics,
        Resource::AllGroups,
        Resource::AllTransactionalIds,
        Resource::Cluster,
    ];
    resources
        .into_iter()
        .map(|resource| rule("broker", Operation::All, resource))
}

fn rule(user: &str, operation: Operation, resource: Resource) -> Rule {
    Rule {
        user: user.to_owned(),
        operation,
        resource,
    }
}
