#![doc = include_str!("../README.md")]

mod native;

use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::client::Client;
use rdkafka::error::KafkaError;

/// A rule: a user may perform an operation on a resource, from any address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name of the user.
    pub user: String,
    /// What the user may do.
    pub operation: Operation,
    /// What the user may do it with.
    pub resource: Resource,
}

/// What a rule allows. A right to read, write, delete or alter includes the right to describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Everything.
    All,
    /// Read messages; join a consumer group and commit its offsets.
    Read,
    /// Write messages.
    Write,
    /// Create topics.
    Create,
    /// See that it exists, and its state.
    Describe,
    /// See its settings.
    DescribeConfigs,
}

/// The resources of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The topic of this name.
    Topic(String),
    /// Every topic.
    AllTopics,
    /// The consumer group of this name.
    Group(String),
    /// Every consumer group.
    AllGroups,
    /// Every id of a transactional producer.
    AllTransactionalIds,
    /// The cluster itself.
    Cluster,
}

/// Creates the rules that are missing, and waits for the answer of the broker, at most for `timeout`. Blocks.
pub fn create<C: ClientContext>(
    client: &Client<C>,
    rules: &[Rule],
    timeout: Duration,
) -> Result<(), KafkaError> {
    native::create(client, rules, timeout)
}
