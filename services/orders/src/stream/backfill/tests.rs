use std::future::pending;
use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::order::Outcome;
use crate::stream::changes::StatusChange;

const UNTIL: ClusterTime = ClusterTime::new(1_000, 0);

/// The past changes of one buyer; with `None` the database does not answer.
#[derive(Clone)]
struct Past(Option<Arc<Vec<PastChange>>>);

impl History for Past {
    async fn page(
        &self,
        _buyer: &Email,
        start: ChangeKey,
        _at: ClusterTime,
    ) -> Result<HistoryPage, StoreError> {
        let Some(changes) = &self.0 else {
            return pending().await;
        };
        let mut changes: Vec<PastChange> = changes
            .iter()
            .filter(|change| change.key > start)
            .cloned()
            .collect();
        changes.truncate(2);
        let next = changes.last().map(|last| last.key);
        Ok(HistoryPage { changes, next })
    }

    async fn pending_at(
        &self,
        _orders: &[OrderId],
        _at: ClusterTime,
    ) -> Result<Option<HashSet<OrderId>>, StoreError> {
        Ok(None)
    }
}

fn past(seconds: &[u32]) -> Past {
    let change = |seconds: &u32| {
        let order = OrderId::from_bytes([1; 12]);
        PastChange {
            key: ChangeKey {
                changed_after: ClusterTime::new(*seconds, 0),
                order,
            },
            change: StatusChange {
                id: order,
                outcome: Outcome::Accepted,
                at: Timestamp::UNIX_EPOCH,
            },
        }
    };
    Past(Some(Arc::new(seconds.iter().map(change).collect())))
}

fn backfill(history: Past, buyer: &str, turns: &Turns) -> mpsc::Receiver<BackfillItem> {
    Backfill {
        history,
        buyer: Email::parse(buyer).expect("an address"),
        turns: turns.clone(),
        received: EventId::complete(ClusterTime::new(100, 0)),
        until: UNTIL,
    }
    .start()
}

async fn all(mut items: mpsc::Receiver<BackfillItem>) -> Vec<BackfillItem> {
    let mut all = Vec::new();
    while let Some(item) = items.recv().await {
        all.push(item);
    }
    all
}

#[tokio::test]
async fn given_pages_of_missed_changes_when_backfilled_then_only_the_last_completes_them() {
    let items = all(backfill(
        past(&[10, 200, 300, 400, 500, 600]),
        "ada@example.com",
        &Turns::new(8),
    ));
    let items = items.await;
    assert_eq!(items.len(), 6, "five changes, and the end: {items:?}");
    let ids = items.iter().map(|item| match item {
        BackfillItem::Change(message) => String::from_utf8_lossy(message).into_owned(),
        BackfillItem::Done | BackfillItem::Lost => String::new(),
    });
    let complete = format!("id: {}\n", EventId::complete(UNTIL));
    let completes: Vec<bool> = ids.map(|id| id.starts_with(&complete)).collect();
    assert_eq!(completes, [false, false, false, false, true, false]);
    assert!(matches!(items[5], BackfillItem::Done));
}

#[tokio::test(start_paused = true)]
async fn given_streams_of_a_buyer_that_hang_when_others_resume_then_they_do_not_wait() {
    let turns = Turns::new(8);
    let hanging: Vec<_> = (0..16)
        .map(|_| backfill(Past(None), "eve@example.com", &turns))
        .collect();
    tokio::task::yield_now().await;
    let other = all(backfill(past(&[200]), "ada@example.com", &turns));
    let other = tokio::time::timeout(Duration::from_millis(1), other).await;
    assert_eq!(other.map(|items| items.len()), Ok(2));
    for items in hanging.into_iter().skip(1) {
        let items = all(items).await;
        assert!(matches!(items[..], [BackfillItem::Lost]), "{items:?}");
    }
}
