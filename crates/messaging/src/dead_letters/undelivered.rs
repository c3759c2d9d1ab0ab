//! The dead letters of a consumer until the broker has acknowledged them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::Letter;
use super::writer::{Attempt, Writer};

/// What may wait for the dead-letter topic. The consumer reads on below these bounds, so that a
/// dead-letter topic that cannot be written delays no good event; at them it stops, because no
/// message may be lost.
const MAX_LETTERS: usize = 10_000;
const MAX_BYTES: usize = 8 << 20;

/// The dead letters that are not written yet.
pub(crate) struct Undelivered {
    writer: Arc<Writer>,
    waiting: Vec<Letter>,
    attempt: Option<BoxFuture<'static, Attempt>>,
    /// The number and bytes of the letters, also of those in the attempt. A message that is read twice
    /// has two.
    count: usize,
    bytes: usize,
    open: Open,
}

/// The offsets of the undelivered letters, by topic and partition.
#[derive(Default)]
struct Open(BTreeMap<String, BTreeMap<i32, BTreeSet<i64>>>);

impl Undelivered {
    /// No letters yet; `writer` will write them.
    pub(crate) fn new(writer: Arc<Writer>) -> Self {
        Self {
            writer,
            waiting: Vec::new(),
            attempt: None,
            count: 0,
            bytes: 0,
            open: Open::default(),
        }
    }

    /// Adds letters; [`Undelivered::deliver`] writes them.
    pub(crate) fn add(&mut self, letters: Vec<Letter>) {
        for letter in &letters {
            self.open.insert(letter);
            self.count += 1;
            self.bytes += letter.size();
        }
        self.waiting.extend(letters);
    }

    /// Whether no more letters may be added.
    pub(crate) fn is_full(&self) -> bool {
        self.count >= MAX_LETTERS || self.bytes >= MAX_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.attempt.is_none()
    }

    /// The offset of the first undelivered letter of a partition.
    pub(crate) fn first(&self, topic: &str, partition: i32) -> Option<i64> {
        self.open.first(topic, partition)
    }

    /// Tries once to write all letters; never returns while there are none. Can be cancelled: the
    /// next call continues the attempt.
    pub(crate) async fn deliver(&mut self) {
        if self.attempt.is_none() {
            if self.waiting.is_empty() {
                return std::future::pending().await;
            }
            let writer = Arc::clone(&self.writer);
            let letters = std::mem::take(&mut self.waiting);
            self.attempt = Some(async move { writer.write(letters).await }.boxed());
        }
        let Some(attempt) = &mut self.attempt else {
            return;
        };
        let attempt = attempt.await;
        self.attempt = None;
        for letter in &attempt.delivered {
            self.open.remove(letter);
        }
        self.waiting.extend(attempt.failed);
        self.count = self.waiting.len();
        self.bytes = self.waiting.iter().map(Letter::size).sum();
    }
}

impl Open {
    fn insert(&mut self, letter: &Letter) {
        let partitions = self.0.entry(letter.topic().to_owned()).or_default();
        let letters = partitions.entry(letter.partition()).or_default();
        letters.insert(letter.offset());
    }

    fn remove(&mut self, letter: &Letter) {
        let partitions = self.0.get_mut(letter.topic());
        let letters = partitions.and_then(|partitions| partitions.get_mut(&letter.partition()));
        if let Some(letters) = letters {
            letters.remove(&letter.offset());
        }
    }

    fn first(&self, topic: &str, partition: i32) -> Option<i64> {
        let letters = self.0.get(topic)?.get(&partition)?;
        letters.first().copied()
    }
}
