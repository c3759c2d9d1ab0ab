//! Turns at work that is limited to a few at a time. Buyers take turns: besides what is running, a
//! request waits for at most one of each other buyer.
//!
//! A buyer has one turn at a time, or several if they are [`shared`](Turn::shared).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Email;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// The turns of all buyers. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    permits: Arc<Semaphore>,
    /// The buyers who wait, or have a turn that is not shared.
    buyers: Arc<Mutex<HashMap<Email, OfBuyer>>>,
}

#[derive(Debug, Default)]
struct OfBuyer {
    places: usize,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A turn, until it is dropped.
pub(crate) struct Turn {
    permit: OwnedSemaphorePermit,
    _of_buyer: OwnedMutexGuard<()>,
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

    /// Waits for a turn of `buyer`, in the order of the calls, until the buyer's previous turn has ended
    /// or is shared.
    pub(crate) async fn take(&self, buyer: &Email) -> Turn {
        let (place, turn) = self.join(buyer);
        let of_buyer = turn.lock_owned().await;
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        Turn {
            permit: permit.expect("the semaphore is never closed"),
            _of_buyer: of_buyer,
            _place: place,
        }
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
    /// Lets the buyer take more turns while the permit is held.
    pub(crate) fn shared(self) -> OwnedSemaphorePermit {
        self.permit
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
    async fn given_shared_turns_of_a_buyer_when_another_buyer_waits_then_they_alternate() {
        let turns = Turns::new(2);
        let take = |address| {
            let (turns, buyer) = (turns.clone(), buyer(address));
            async move { turns.take(&buyer).await.shared() }.boxed()
        };
        let running = || take("eve@example.com").now_or_never();
        let running = [running(), running()].map(|turn| turn.expect("a permit is free"));
        assert_eq!(turns.lock().len(), 0);
        let mut eve: Vec<_> = (0..2).map(|_| take("eve@example.com")).collect();
        let mut ada = take("ada@example.com");
        for turn in eve.iter_mut().chain([&mut ada]) {
            assert!(poll!(turn).is_pending());
        }
        let [first, second] = running;
        drop(first);
        let _first = eve.remove(0).now_or_never().expect("it is the turn of Eve");
        assert!(poll!(&mut eve[0]).is_pending());
        assert!(poll!(&mut ada).is_pending());
        drop(second);
        assert!(poll!(&mut eve[0]).is_pending());
        assert!(poll!(&mut ada).is_ready());
    }
}
