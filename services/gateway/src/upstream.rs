//! The addresses of one service: which of them is called next, and how many calls wait.
//!
//! Calls count until the head of their answer is there, so event streams, which end hours
//! later, take no room.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::uri::Authority;

use crate::breaker::{Breaker, Policy};

/// One service and its addresses.
#[derive(Debug)]
pub struct Upstream {
    name: &'static str,
    addresses: Box<[Address]>,
    max_in_flight: usize,
    in_flight: AtomicUsize,
    turn: AtomicUsize,
    pause: Duration,
}

#[derive(Debug)]
struct Address {
    authority: Authority,
    in_flight: AtomicUsize,
    breaker: Mutex<Breaker>,
    /// It said that it will close its connections; until then others are preferred.
    leaving_until: Mutex<Option<Instant>>,
}

/// A request's place among those that an upstream may have in flight; freed when dropped.
#[derive(Debug)]
pub struct Place<'a>(&'a AtomicUsize);

/// One attempt at one address, under way until dropped.
#[derive(Debug)]
pub struct Attempt<'a> {
    upstream: &'a Upstream,
    index: usize,
}

/// Where a request was sent before.
#[derive(Debug, Default)]
pub struct Tried(Vec<usize>);

impl Upstream {
    /// An upstream at `addresses` with closed breakers.
    pub fn new(
        name: &'static str,
        addresses: impl IntoIterator<Item = Authority>,
        max_in_flight: usize,
        policy: Policy,
    ) -> Self {
        let address = |authority| Address {
            authority,
            in_flight: AtomicUsize::new(0),
            breaker: Mutex::new(Breaker::new(policy)),
            leaving_until: Mutex::new(None),
        };
        Self {
            name,
            addresses: addresses.into_iter().map(address).collect(),
            max_in_flight,
            in_flight: AtomicUsize::new(0),
            turn: AtomicUsize::new(0),
            pause: policy.pause,
        }
    }

    /// The name of the service.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many addresses there are.
    pub fn size(&self) -> usize {
        self.addresses.len()
    }

    /// A place for one more request, if there is one.
    pub fn enter(&self) -> Option<Place<'_>> {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.in_flight);
        (before < self.max_in_flight).then_some(place)
    }

    /// The least busy address that was not `tried` and whose breaker lets a call through at
    /// `now`, one that is about to stop only where there is no other; they take turns where they
    /// are equally busy.
    pub fn attempt(&self, tried: &mut Tried, now: Instant) -> Option<Attempt<'_>> {
        while let Some(index) = self.least_busy(tried, now) {
            tried.0.push(index);
            // Another request may have become the probe in between.
            if self.addresses[index].with_breaker(|breaker| breaker.admit(now)) {
                self.addresses[index]
                    .in_flight
                    .fetch_add(1, Ordering::Relaxed);
                return Some(Attempt {
                    upstream: self,
                    index,
                });
            }
        }
        None
    }

    fn least_busy(&self, tried: &Tried, now: Instant) -> Option<usize> {
        let count = self.addresses.len();
        let start = if count > 1 {
            self.turn.fetch_add(1, Ordering::Relaxed) % count
        } else {
            0
        };
        (0..count)
            .map(|step| (start + step) % count)
            .filter(|index| !tried.0.contains(index))
            .filter(|&index| self.addresses[index].with_breaker(|breaker| breaker.would_admit(now)))
            .min_by_key(|&index| {
                let address = &self.addresses[index];
                let busy = address.in_flight.load(Ordering::Relaxed);
                (address.is_leaving(now), busy)
            })
    }
}

impl Tried {
    /// Forgets where the request was sent.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Address {
    fn with_breaker<T>(&self, act: impl FnOnce(&mut Breaker) -> T) -> T {
        act(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn leaving_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.leaving_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn is_leaving(&self, now: Instant) -> bool {
        self.leaving_until().is_some_and(|until| now < until)
    }
}

impl Attempt<'_> {
    /// Host and port to call.
    pub fn authority(&self) -> &Authority {
        &self.address().authority
    }

    /// The address answered, whatever it said.
    pub fn answered(&self) {
        if self.address().with_breaker(Breaker::succeeded) {
            tracing::info!(upstream = self.upstream.name, address = %self.authority(), "answers again");
        }
    }

    /// The address said that it closes the connection, as a service does that is about to stop:
    /// for a while it is only called where there is no other.
    pub fn leaves(&self, now: Instant) {
        *self.address().leaving_until() = Some(now + self.upstream.pause);
    }

    /// The address could not be connected to, or did not answer in time.
    pub fn failed(&self, now: Instant) {
        if self.address().with_breaker(|breaker| breaker.failed(now)) {
            metrics::counter!("gateway_breaker_opened_total", "upstream" => self.upstream.name)
                .increment(1);
            tracing::warn!(upstream = self.upstream.name, address = %self.authority(), "is left alone for a while");
        }
    }

    fn address(&self) -> &Address {
        &self.upstream.addresses[self.index]
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.address().in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        failures: 1,
        pause: Duration::from_millis(500),
    };

    fn upstream(addresses: &[&'static str]) -> Upstream {
        let addresses = addresses
            .iter()
            .map(|address| Authority::from_static(address));
        Upstream::new("orders", addresses, 2, POLICY)
    }

    fn name(attempt: &Attempt<'_>) -> String {
        attempt.authority().to_string()
    }

    #[test]
    fn given_idle_addresses_when_called_one_after_another_then_they_take_turns() {
        let upstream = upstream(&["a:1", "b:1"]);
        let called: Vec<_> = (0..4)
            .map(|_| {
                name(
                    &upstream
                        .attempt(&mut Tried::default(), Instant::now())
                        .unwrap(),
                )
            })
            .collect();
        assert_eq!(called, ["a:1", "b:1", "a:1", "b:1"]);
    }

    #[test]
    fn given_a_busy_address_when_called_then_the_other_one_is_preferred() {
        let upstream = upstream(&["a:1", "b:1"]);
        let now = Instant::now();
        let busy = upstream.attempt(&mut Tried::default(), now).unwrap();
        for _ in 0..3 {
            let next = upstream.attempt(&mut Tried::default(), now).unwrap();
            assert_ne!(name(&next), name(&busy));
        }
    }

    #[test]
    fn given_every_address_tried_when_asked_for_another_then_there_is_none() {
        let upstream = upstream(&["a:1", "b:1"]);
        let mut tried = Tried::default();
        let first = upstream
            .attempt(&mut tried, Instant::now())
            .map(|attempt| name(&attempt));
        let second = upstream
            .attempt(&mut tried, Instant::now())
            .map(|attempt| name(&attempt));
        assert_ne!(first, second);
        assert!(upstream.attempt(&mut tried, Instant::now()).is_none());
    }

    #[test]
    fn given_a_failed_address_when_called_then_it_is_left_out_until_the_pause_is_over() {
        let upstream = upstream(&["a:1", "b:1"]);
        let now = Instant::now();
        upstream
            .attempt(&mut Tried::default(), now)
            .unwrap()
            .failed(now);
        for _ in 0..4 {
            assert_eq!(
                name(&upstream.attempt(&mut Tried::default(), now).unwrap()),
                "b:1"
            );
        }
        let later = now + POLICY.pause;
        let called: Vec<_> = (0..2)
            .map(|_| name(&upstream.attempt(&mut Tried::default(), later).unwrap()))
            .collect();
        assert!(called.contains(&"a:1".to_owned()), "{called:?}");
    }

    #[test]
    fn given_an_address_that_is_about_to_stop_when_called_then_others_are_preferred_for_a_while() {
        let upstream = upstream(&["a:1", "b:1"]);
        let now = Instant::now();
        let first = upstream.attempt(&mut Tried::default(), now).unwrap();
        first.leaves(now);
        let leaving = name(&first);
        drop(first);
        let mut tried = Tried::default();
        for _ in 0..4 {
            tried.clear();
            assert_ne!(name(&upstream.attempt(&mut tried, now).unwrap()), leaving);
        }
        let rest = upstream.attempt(&mut tried, now).unwrap();
        assert_eq!(name(&rest), leaving, "where there is no other");
        drop(rest);
        let later = now + POLICY.pause;
        let called: Vec<_> = (0..2)
            .map(|_| name(&upstream.attempt(&mut Tried::default(), later).unwrap()))
            .collect();
        assert!(called.contains(&leaving), "{called:?}");
    }

    #[test]
    fn given_as_many_requests_as_allowed_when_one_more_comes_then_it_gets_no_place_until_one_ends()
    {
        let upstream = upstream(&["a:1"]);
        let first = upstream.enter();
        let second = upstream.enter();
        assert!(first.is_some() && second.is_some());
        assert!(upstream.enter().is_none());
        drop(first);
        assert!(upstream.enter().is_some());
    }
}
