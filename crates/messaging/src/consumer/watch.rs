//! Notices a consumer that no longer reads, though messages are pending.
//!
//! The client library does not recover by itself from a topic that was deleted and created again:
//! its position is then beyond the end of the new log, or it waits for the old one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior};

use super::batch::is_permanent;

const INTERVAL: Duration = Duration::from_secs(3);
/// The timeout of one request to the broker.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
/// In how many intervals in succession a partition must not have advanced.
const MAX_STRIKES: u32 = 4;

/// Compares the positions of a consumer with the logs of its partitions.
pub(super) struct Watch {
    consumer: Arc<StreamConsumer>,
    ticks: Interval,
    check: Option<JoinHandle<Result<Vec<Partition>, KafkaError>>>,
    /// The position of each partition at the last check, and its strikes.
    before: BTreeMap<(String, i32), (Option<i64>, u32)>,
    is_behind: bool,
}

/// A partition at one moment.
#[derive(Clone, Debug)]
struct Partition {
    topic: String,
    number: i32,
    /// Behind the last message that was received.
    position: Option<i64>,
    committed: Option<i64>,
    low: i64,
    high: i64,
}

impl Watch {
    pub(super) fn new(consumer: Arc<StreamConsumer>) -> Self {
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + INTERVAL, INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            consumer,
            ticks,
            check: None,
            before: BTreeMap::new(),
            is_behind: false,
        }
    }

    /// Whether the last batch was full: then messages wait in this process, and a partition may not
    /// advance for a while.
    pub(super) fn set_behind(&mut self, is_behind: bool) {
        self.is_behind = is_behind;
    }

    /// Returns what is wrong when a partition has not advanced. Can be cancelled: the next call
    /// continues.
    pub(super) async fn stuck_partition(&mut self) -> String {
        loop {
            if self.check.is_none() {
                self.ticks.tick().await;
                let consumer = Arc::clone(&self.consumer);
                let check = tokio::task::spawn_blocking(move || partitions(&consumer));
                self.check = Some(check);
            }
            let Some(check) = &mut self.check else {
                continue;
            };
            let result = check.await;
            self.check = None;
            match result {
                Ok(Ok(partitions)) => {
                    if let Some(stuck) = self.judge(partitions) {
                        return stuck;
                    }
                }
                Ok(Err(error)) if is_permanent(&error) => return error.to_string(),
                // Without an answer of the broker nothing is known, and nothing can be read either.
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }

    fn judge(&mut self, partitions: Vec<Partition>) -> Option<String> {
        let before = std::mem::take(&mut self.before);
        let mut stuck = None;
        for partition in partitions {
            let key = (partition.topic.clone(), partition.number);
            let strikes = match before.get(&key) {
                Some((position, strikes))
                    if *position == partition.position
                        && partition.has_pending()
                        && !self.is_behind =>
                {
                    strikes + 1
                }
                _ => 0,
            };
            if strikes >= MAX_STRIKES {
                stuck = Some(partition.to_string());
            }
            self.before.insert(key, (partition.position, strikes));
        }
        stuck
    }
}

impl Partition {
    /// Whether there is something that should have been received.
    fn has_pending(&self) -> bool {
        if let Some(position) = self.position {
            // A position beyond the end is one in a log that no longer exists.
            return position != self.high;
        }
        let committed = self.committed.filter(|committed| *committed <= self.high);
        committed.unwrap_or(self.low).max(self.low) < self.high
    }
}

impl std::fmt::Display for Partition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            topic,
            number,
            low,
            high,
            ..
        } = self;
        write!(formatter, "partition {number} of {topic} is not read: ")?;
        match self.position.or(self.committed) {
            Some(position) => write!(formatter, "the position is {position}")?,
            None => formatter.write_str("there is no position")?,
        }
        write!(formatter, ", the log has {low} to {high}")
    }
}

/// The assigned partitions.
fn partitions(consumer: &StreamConsumer) -> Result<Vec<Partition>, KafkaError> {
    let positions = consumer.position()?;
    let committed = consumer.committed_offsets(positions.clone(), REQUEST_TIMEOUT)?;
    let elements = positions.elements();
    let partitions = elements.iter().map(|element| {
        let (topic, number) = (element.topic(), element.partition());
        let (low, high) = consumer.fetch_watermarks(topic, number, REQUEST_TIMEOUT)?;
        Ok(Partition {
            topic: topic.to_owned(),
            number,
            position: offset(&positions, topic, number),
            committed: offset(&committed, topic, number),
            low,
            high,
        })
    });
    partitions.collect()
}

fn offset(list: &TopicPartitionList, topic: &str, partition: i32) -> Option<i64> {
    match list.find_partition(topic, partition)?.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    }
}
