//! The ids of events: what a client that received the event has received in all.
//!
//! The index of a buyer's changes has no commit times, because a write cannot contain its own. It
//! has the time at which each write began (`changed_after`): the commit is later, by at most
//! [`MAX_WRITE_SECONDS`]. So the index shows which changes may have been committed after a moment,
//! and only for the few whose write was that close to it the history has to be asked.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::OrderId;

use super::cluster_time::ClusterTime;

/// How many seconds after its beginning the write of a change can be committed. The database ends
/// such a write after half of that (`mongo::BACKGROUND_TIMEOUT`).
pub(super) const MAX_WRITE_SECONDS: u32 = 60;

/// The first byte of an id. Those of earlier releases began with another one.
const FORMAT: u8 = 1;
const LIVE_LENGTH: usize = 1 + ClusterTime::LENGTH;
const BACKFILL_LENGTH: usize = LIVE_LENGTH + 2 * ClusterTime::LENGTH + 12;

/// The place of a change in the index of its buyer's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ChangeKey {
    /// The change was committed after this time.
    pub(crate) changed_after: ClusterTime,
    pub(crate) order: OrderId,
}

/// What a client has received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EventId {
    /// All changes committed up to here.
    complete: ClusterTime,
    /// The progress of a backfill, which continues in the order of the index.
    backfill: Option<Progress>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Progress {
    /// Of the changes committed up to here the client has those up to `last`.
    until: ClusterTime,
    last: ChangeKey,
}

/// Whether a client has received a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receipt {
    Received,
    Missed,
    /// Missed if it was committed after this time, which the index does not show.
    MissedIfAfter(ClusterTime),
}

impl EventId {
    /// All changes committed up to `time`.
    pub(super) const fn complete(time: ClusterTime) -> Self {
        Self {
            complete: time,
            backfill: None,
        }
    }

    /// What this client has received when a backfill of the changes committed up to `until` has come
    /// to `last`. Before the end of an earlier backfill that is nothing new, because an id has room for
    /// one: if the connection breaks there, the few changes so far are sent again.
    pub(super) fn backfilled(self, until: ClusterTime, last: ChangeKey) -> Self {
        match self.backfill {
            Some(earlier) if last < earlier.last => self,
            _ => Self {
                complete: self.complete,
                backfill: Some(Progress { until, last }),
            },
        }
    }

    /// The latest moment that the id contains.
    pub(super) fn latest(self) -> ClusterTime {
        self.backfill
            .map_or(self.complete, |progress| progress.until.max(self.complete))
    }

    /// The place in the index behind which all missed changes are.
    pub(super) fn start(self) -> ChangeKey {
        let complete = self.complete.minus_seconds(MAX_WRITE_SECONDS);
        let earliest = self.backfill.map_or(complete, |Progress { until, last }| {
            let late = until.minus_seconds(MAX_WRITE_SECONDS);
            late.min(last.changed_after).max(complete)
        });
        ChangeKey {
            changed_after: earliest.previous(),
            order: OrderId::from_bytes([u8::MAX; 12]),
        }
    }

    pub(super) fn receipt(self, change: ChangeKey) -> Receipt {
        let until = match self.backfill {
            Some(Progress { until, last }) if change <= last => until,
            _ => self.complete,
        };
        if change.changed_after >= until {
            Receipt::Missed
        } else if change.changed_after <= until.minus_seconds(MAX_WRITE_SECONDS) {
            Receipt::Received
        } else {
            Receipt::MissedIfAfter(until)
        }
    }

    /// Parses the `Last-Event-ID` of a client; `None` if it is not from this release.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > 2 * BACKFILL_LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (FORMAT, rest) = bytes.split_first().map(|(first, rest)| (*first, rest))? else {
            return None;
        };
        let (complete, rest) = time(rest)?;
        if rest.is_empty() {
            return Some(Self::complete(complete));
        }
        let (until, rest) = time(rest)?;
        let (changed_after, rest) = time(rest)?;
        let order = OrderId::from_bytes(rest.try_into().ok()?);
        let last = ChangeKey {
            changed_after,
            order,
        };
        Some(Self::complete(complete).backfilled(until, last))
    }
}

fn time(bytes: &[u8]) -> Option<(ClusterTime, &[u8])> {
    let (time, rest) = bytes.split_first_chunk()?;
    Some((ClusterTime::from_bytes(*time), rest))
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(BACKFILL_LENGTH);
        bytes.push(FORMAT);
        bytes.extend(self.complete.bytes());
        if let Some(Progress { until, last }) = self.backfill {
            bytes.extend(until.bytes());
            bytes.extend(last.changed_after.bytes());
            bytes.extend(last.order.bytes());
        }
        formatter.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn key(seconds: u32, order: u8) -> ChangeKey {
        ChangeKey {
            changed_after: ClusterTime::new(seconds, 0),
            order: OrderId::from_bytes([order; 12]),
        }
    }

    #[test]
    fn given_event_ids_when_sent_then_they_are_parsed_back() {
        let complete = EventId::complete(ClusterTime::new(1_735_689_600, 7));
        let backfilled = complete.backfilled(ClusterTime::new(1_735_689_700, 0), key(9, 1));
        for id in [complete, backfilled] {
            assert_eq!(EventId::parse(&id.to_string()), Some(id));
        }
    }

    #[test]
    fn given_a_text_that_is_not_an_id_when_parsed_then_it_is_refused() {
        let id =
            EventId::complete(ClusterTime::new(9, 7)).backfilled(ClusterTime::new(9, 8), key(9, 1));
        let id = id.to_string();
        // The id of an earlier release: a resume token.
        let token = URL_SAFE_NO_PAD.encode([
            0x82, 0x69, 0x04, 0xd2, 0xa1, 0, 0, 0, 1, 0x2b, 0x02, 0x29, 0x29, 0x6e, 0x04,
        ]);
        let long = "A".repeat(600);
        for text in [
            "",
            "ä",
            "a b",
            "=",
            "AQ",
            &token,
            &id[1..],
            &id[..id.len() - 2],
            &long,
        ] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }

    /// When the client connects for the first time, in seconds.
    const START: u32 = 1_000;

    /// A change, by the seconds at which its write began and was committed.
    #[derive(Clone, Copy, Debug)]
    struct Change {
        key: ChangeKey,
        committed: ClusterTime,
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        prop::collection::vec((START..START + 300, 1..MAX_WRITE_SECONDS), 1..40).prop_map(
            |writes| {
                writes
                    .into_iter()
                    .zip(0..)
                    .map(|((began, duration), number)| Change {
                        key: key(began, number),
                        // The counter makes commit times unique, as they are in the database.
                        committed: ClusterTime::new(began + duration, u32::from(number) + 1),
                    })
                    .collect()
            },
        )
    }

    /// Continues from `id` on a process that has all changes up to `until`, and loses the connection
    /// after `count` changes. Returns these, and the last id.
    fn resume(
        all: &[Change],
        id: EventId,
        until: ClusterTime,
        count: usize,
    ) -> (Vec<ChangeKey>, EventId) {
        let mut committed: Vec<&Change> = all
            .iter()
            .filter(|change| change.committed <= until && change.key > id.start())
            .collect();
        committed.sort_by_key(|change| change.key);
        let missed: Vec<ChangeKey> = committed
            .into_iter()
            .filter(|change| match id.receipt(change.key) {
                Receipt::Received => false,
                Receipt::Missed => true,
                Receipt::MissedIfAfter(time) => change.committed > time,
            })
            .map(|change| change.key)
            .collect();
        let count = count.min(missed.len());
        let last = match missed[..count].last() {
            Some(last) if count < missed.len() => id.backfilled(until, *last),
            None if count < missed.len() => id,
            _ => EventId::complete(until),
        };
        (missed[..count].to_vec(), last)
    }

    proptest! {
        #[test]
        fn given_any_changes_when_connections_break_anywhere_then_each_is_received(
            all in changes(),
            connections in prop::collection::vec((START..START + 400, 0..10_usize), 0..12),
        ) {
            let mut id = EventId::complete(ClusterTime::new(START, 0));
            let mut received = Vec::new();
            let mut repeatable: Vec<ChangeKey> = Vec::new();
            let ends = [(u32::MAX, usize::MAX)];
            for (until, count) in connections.into_iter().chain(ends) {
                // A process that is behind the client waits until it is not.
                let until = ClusterTime::new(until, 0).max(id.latest());
                let (changes, last) = resume(&all, id, until, count);
                let earlier = id.backfill.map(|progress| progress.last);
                repeatable.extend(changes.iter().filter(|key| Some(**key) < earlier));
                received.extend(changes);
                id = last;
            }
            received.sort_unstable();
            let twice = received.windows(2).filter(|pair| pair[0] == pair[1]);
            let unexpected = twice.filter(|pair| !repeatable.contains(&pair[0])).count();
            prop_assert_eq!(unexpected, 0);
            received.dedup();
            let mut expected: Vec<ChangeKey> = all.iter().map(|change| change.key).collect();
            expected.sort_unstable();
            prop_assert_eq!(received, expected);
        }
    }
}
