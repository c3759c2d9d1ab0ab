//! The databases and the broker of a shop.

use backing_services::{BackingService, KafkaSettings, MongodSettings};

use crate::{
    layout::{Component, Member},
    state::State,
};

/// The store that a member is, if it is one.
pub(crate) fn store(state: &State, member: &Member) -> Option<Box<dyn BackingService>> {
    let name = member.name.clone();
    let data = state.data().join(&name);
    match member.component {
        Component::Mongo(_) => Some(Box::new(mongo(state, member))),
        Component::Kafka => Some(Box::new(KafkaSettings {
            name,
            data,
            port: member.port,
            controller_port: member.port + 1,
        })),
        Component::Service(_) | Component::Edge => None,
    }
}

/// The MongoDB that a member is.
pub(crate) fn mongo(state: &State, member: &Member) -> MongodSettings {
    MongodSettings {
        name: member.name.clone(),
        replica_set: member.name.replacen("mongo-", "rs-", 1),
        data: state.data().join(&member.name),
        port: member.port,
    }
}
