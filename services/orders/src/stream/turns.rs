//! Turns at reading the past: few at a time, and for each buyer one.
//!
//! After a restart all clients reconnect, and each reads what it missed. A buyer's many streams wait
//! for each other, so they delay the streams of another buyer no more than one would. This holds for
//! streams that are closed as well, because their last read may still be running.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Email;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// The maximum number of concurrent reads.
const MAX_READS: usize = 8;

/// The turns of all buyers. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    reads: Arc<Semaphore>,
    /// The buyers who read or wait.
    buyers: Arc<Mutex<HashMap<Email, OfBuyer>>>,
}

#[derive(Debug, Default)]
struct OfBuyer {
    places: usize,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A turn, until it is dropped.
pub(super) struct Turn {
    _read: OwnedSemaphorePermit,
    _of_buyer: OwnedMutexGuard<()>,
    _place: Place,
}

/// A place in the queue of a buyer, who is removed with the last one.
struct Place {
    turns: Turns,
    buyer: Email,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            reads: Arc::new(Semaphore::new(MAX_READS)),
            buyers: Arc::default(),
        }
    }
}

impl Turns {
    /// Waits for a turn of `buyer`, in the order of the calls.
    pub(super) async fn take(&self, buyer: &Email) -> Option<Turn> {
        let (place, turn) = self.join(buyer);
        let of_buyer = turn.lock_owned().await;
        let read = Arc::clone(&self.reads).acquire_owned().await.ok()?;
        Some(Turn {
            _read: read,
            _of_buyer: of_buyer,
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
    use super::*;

    #[tokio::test]
    async fn given_buyers_when_their_turns_and_waits_have_ended_then_nothing_of_them_is_kept() {
        let turns = Turns::default();
        let buyer = Email::parse("ada@example.com").expect("an address");
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
}
