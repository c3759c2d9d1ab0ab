//! The settings of the shop's databases and broker.

use backing_services::{BackingService, KafkaSettings, MongodSettings};

use crate::{
    layout::{Component, Instance, Phase},
    state::State,
};

/// The store of an instance, if it is one.
pub(crate) fn store(state: &State, instance: &Instance) -> Option<Box<dyn BackingService>> {
    match instance.component {
        Component::Kafka => Some(Box::new(KafkaSettings {
            name: instance.name.clone(),
            data: state.data().join(&instance.name),
            port: instance.port,
            controller_port: instance.port + 1,
        })),
        mongo if mongo.phase() == Phase::Stores => Some(Box::new(mongod(state, instance))),
        _ => None,
    }
}

/// The settings of a MongoDB instance.
pub(crate) fn mongod(state: &State, instance: &Instance) -> MongodSettings {
    MongodSettings {
        name: instance.name.clone(),
        replica_set: instance.name.replacen("mongo-", "rs-", 1),
        data: state.data().join(&instance.name),
        port: instance.port,
    }
}
