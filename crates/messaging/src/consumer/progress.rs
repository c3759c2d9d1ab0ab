//! How far each partition is processed.

use std::collections::BTreeMap;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::topic_partition_list::Offset;

use crate::dead_letters::Undelivered;

/// The next offset of each partition, by topic.
#[derive(Default)]
pub(super) struct Positions(BTreeMap<String, BTreeMap<i32, i64>>);

impl Positions {
    pub(super) fn set(&mut self, topic: &str, partition: i32, next: i64) {
        if let Some(partitions) = self.0.get_mut(topic) {
            partitions.insert(partition, next);
        } else {
            self.0
                .insert(topic.to_owned(), BTreeMap::from([(partition, next)]));
        }
    }

    pub(super) fn extend(&mut self, later: Self) {
        for (topic, partitions) in later.0 {
            self.0.entry(topic).or_default().extend(partitions);
        }
    }

    /// Stores the offsets up to the first dead letter that is not written yet, and forgets the
    /// partitions without one.
    pub(super) fn store(&mut self, consumer: &StreamConsumer, undelivered: &Undelivered) {
        let mut offsets = TopicPartitionList::new();
        for (topic, partitions) in &mut self.0 {
            partitions.retain(|partition, next| {
                let first = undelivered.first(topic, *partition);
                let done = first.map_or(*next, |first| first.min(*next));
                // Fails only for invalid offsets; these are the broker's own.
                let _ = offsets.add_partition_offset(topic, *partition, Offset::Offset(done));
                done < *next
            });
        }
        if offsets.count() == 0 {
            return;
        }
        if let Err(error) = consumer.store_offsets(&offsets) {
            // The partition was reassigned to another replica, which reads the batch again.
            tracing::info!(%error, "cannot store offsets; another replica may read the batch again");
        }
    }
}
