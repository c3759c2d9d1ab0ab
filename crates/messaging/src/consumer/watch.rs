//! Notices a consumer that no longer reads, though messages are pending.
//!
//! The client library does not recover by itself from a topic that was deleted and created again:
//! its position is then beyond the end of the new log, or it waits for the old one.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
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
/// After how many checks in succession without progress a partition is stuck.
const MAX_CHECKS_WITHOUT_PROGRESS: u32 = 4;

/// Compares the positions of a consumer with the logs of its partitions.
pub(super) struct Watch {
    consumer: Arc<StreamConsumer>,
    ticks: Interval,
    check: Option<JoinHandle<Result<Vec<Partition>, KafkaError>>>,
    progress: Progress,
}

/// What the checks have found so far.
#[derive(Default)]
struct Progress {
    /// The position of each partition at the last check, and how many checks in succession have found
    /// it there.
    before: BTreeMap<(String, i32), (Option<i64>, u32)>,
    /// Whether a full batch came since the last check. Then messages wait in this process, and a
    /// partition may not advance for a while.
    has_backlog: bool,
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
            progress: Progress::default(),
        }
    }

    /// A full batch came, so that other messages may wait in this process.
    pub(super) fn expect_backlog(&mut self) {
        self.progress.has_backlog = true;
    }

    /// Returns what is wrong when a partition has not advanced. Can be cancelled: the next call
    /// continues.
    pub(super) async fn stuck_partition(&mut self) -> String {
        loop {
            if self.check.is_none() {
                self.ticks.tick().await;
                let consumer = Arc::downgrade(&self.consumer);
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
                    if let Some(stuck) = self.progress.find_stuck(partitions) {
                        return stuck;
                    }
                }
                Ok(Err(error)) if is_permanent(&error) => return error.to_string(),
                // Without an answer of the broker nothing is known, and nothing can be read either.
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }
}

impl Progress {
    /// Returns a description of a partition that has not advanced for too long.
    fn find_stuck(&mut self, partitions: Vec<Partition>) -> Option<String> {
        let before = std::mem::take(&mut self.before);
        let has_backlog = std::mem::take(&mut self.has_backlog);
        let mut stuck = None;
        for partition in partitions {
            let key = (partition.topic.clone(), partition.number);
            let checks = match before.get(&key) {
                Some((position, checks))
                    if *position == partition.position
                        && partition.has_pending()
                        && !has_backlog =>
                {
                    checks + 1
                }
                _ => 0,
            };
            if checks >= MAX_CHECKS_WITHOUT_PROGRESS {
                stuck = Some(partition.to_string());
            }
            self.before.insert(key, (partition.position, checks));
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

/// The assigned partitions. Ends early when the consumer is dropped, because only then it leaves its group, and
/// each request can wait for one that reads messages.
fn partitions(consumer: &Weak<StreamConsumer>) -> Result<Vec<Partition>, KafkaError> {
    let running = || consumer.upgrade().ok_or(KafkaError::Canceled);
    let mut partitions = assigned(&*running()?)?;
    for Partition {
        topic,
        number,
        low,
        high,
        ..
    } in &mut partitions
    {
        (*low, *high) = running()?.fetch_watermarks(topic, *number, REQUEST_TIMEOUT)?;
    }
    Ok(partitions)
}

/// The assigned partitions, without the ends of their logs. Returns none of the client's own lists: closing the
/// consumer would wait for them.
fn assigned(consumer: &StreamConsumer) -> Result<Vec<Partition>, KafkaError> {
    let positions = consumer.position()?;
    let committed = consumer.committed_offsets(positions.clone(), REQUEST_TIMEOUT)?;
    let elements = positions.elements();
    let partitions = elements.iter().map(|element| {
        let (topic, number) = (element.topic(), element.partition());
        Partition {
            topic: topic.to_owned(),
            number,
            position: offset(&positions, topic, number),
            committed: offset(&committed, topic, number),
            low: 0,
            high: 0,
        }
    });
    Ok(partitions.collect())
}

fn offset(list: &TopicPartitionList, topic: &str, partition: i32) -> Option<i64> {
    match list.find_partition(topic, partition)?.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(position: Option<i64>, high: i64) -> Vec<Partition> {
        vec![Partition {
            topic: "orders".to_owned(),
            number: 0,
            position,
            committed: None,
            low: 0,
            high,
        }]
    }

    /// How many checks find nothing before one finds this partition stuck, at most 20.
    fn checks_until_stuck(progress: &mut Progress, position: Option<i64>, high: i64) -> usize {
        let find = |_: &usize| progress.find_stuck(partition(position, high)).is_none();
        (0..20).take_while(find).count()
    }

    #[test]
    fn given_a_position_before_or_beyond_the_end_when_it_does_not_advance_then_it_is_stuck() {
        for (position, high) in [(Some(3), 9), (Some(6982), 1402), (None, 1)] {
            let checks = checks_until_stuck(&mut Progress::default(), position, high);
            assert_eq!(checks, 4, "{position:?} of {high}");
        }
    }

    #[test]
    fn given_nothing_to_read_when_checked_then_no_partition_is_stuck() {
        for (position, high) in [(Some(9), 9), (None, 0)] {
            let checks = checks_until_stuck(&mut Progress::default(), position, high);
            assert_eq!(checks, 20, "{position:?} of {high}");
        }
    }

    #[test]
    fn given_a_full_batch_when_no_other_follows_then_a_partition_is_stuck_one_check_later() {
        let mut progress = Progress::default();
        progress.find_stuck(partition(Some(500), 900));
        progress.has_backlog = true;
        assert_eq!(checks_until_stuck(&mut progress, Some(500), 900), 4);
    }

    #[test]
    fn given_a_position_that_advances_slowly_when_checked_then_it_is_not_stuck() {
        let mut progress = Progress::default();
        for position in 0..20 {
            for _ in 0..3 {
                let stuck = progress.find_stuck(partition(Some(position), 100));
                assert_eq!(stuck, None);
            }
        }
    }
}
