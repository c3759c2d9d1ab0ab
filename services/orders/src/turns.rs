//! Turns at work of which only some may run at the same time. Buyers take turns: however many requests
//! of one buyer wait, they delay a request of another buyer no more than one would.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Email;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// The turns of all buyers. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    permits: Arc<Semaphore>,
    /// The buyers who have a turn or wait for one.
    buyers: Arc<Mutex<HashMap<Email, OfBuyer>>>,
}

#[derive(Debug, Default)]
struct OfBuyer {
    places: usize,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A turn, until it is dropped.
pub(crate) struct Turn {
    _permit: OwnedSemaphorePermit,
    _of_buyer: Option<OwnedMutexGuard<()>>,
    _place: Place,
}

/// A place in the queue of a buyer, who is removed with the last one.
struct Place {
    turns: Turns,
    buyer: Email,
}

impl Turns {
    /// Allows `concurrent` turns at the same time.
    pub(crate) fn new(concurrent: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(concurrent)),
            buyers: Arc::default(),
        }
    }

    /// Waits for a turn of `buyer`, in the order of the calls. A buyer has one turn at a time.
    pub(crate) async fn take(&self, buyer: &Email) -> Option<Turn> {
        let (place, turn) = self.join(buyer);
        let of_buyer = turn.lock_owned().await;
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        Some(Turn {
            _permit: permit,
            _of_buyer: Some(of_buyer),
            _place: place,
        })
    }

    fn join(&self, buyer: &Email) -> (Place, Arc<tokio::sync::Mutex<()>>) {
        let mut buyers = self.lock();
        let of_buyer = buyers.entry(buyer.clone()).or_default();
        of_buyer.places += 1;
        let place = Place {
            turns: self.clone(),
            buyer: buyer.clone(),
        };
        (place, Arc::clone(&of_buyer.turn))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Email, OfBuyer>> {
        self.buyers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Lets the buyer take more turns before this one ends.
    pub(crate) fn shared(self) -> Self {
        Self {
            _of_buyer: None,
            ..self
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut of_buyer) = self.turns.lock().entry(self.buyer.clone()) {
            of_buyer.get_mut().places -= 1;
            if of_buyer.get().places == 0 {
                of_buyer.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, poll};

    use super::*;

    fn buyer(address: &str) -> Email {
        Email::parse(address).expect("an address")
    }

    #[tokio::test]
    async fn given_buyers_when_their_turns_and_waits_have_ended_then_nothing_of_them_is_kept() {
        let (turns, buyer) = (Turns::new(8), buyer("ada@example.com"));
        let turn = turns.take(&buyer).await;
        {
            let waiting = turns.take(&buyer);
            tokio::select! {
                biased;
                _ = waiting => panic!("it is not its turn"),
                () = std::future::ready(()) => {}
            }
        }
        assert_eq!(turns.lock().len(), 1);
        drop(turn);
        assert_eq!(turns.lock().len(), 0);
    }
    #[tokio::test]
    async fn given_shared_turns_of_a_buyer_when_another_buyer_waits_then_it_is_next_but_one() {
        let turns = Turns::new(2);
        let take = |address| {
            let (turns, buyer) = (turns.clone(), buyer(address));
            async move { turns.take(&buyer).await.map(Turn::shared) }.boxed()
        };
        let running = (take("eve@example.com").await, take("eve@example.com").await);
        let mut waiting: Vec<_> = (0..3).map(|_| take("eve@example.com")).collect();
        waiting.push(take("ada@example.com"));
        for turn in &mut waiting {
            assert!(poll!(turn).is_pending());
        }
        drop(running);
        let mut begun = Vec::new();
        for turn in &mut waiting {
            begun.push(poll!(turn));
        }
        let begun: Vec<bool> = begun.iter().map(std::task::Poll::is_ready).collect();
        assert_eq!(begun, [true, false, false, true]);
    }
}
