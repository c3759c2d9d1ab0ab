//! The addresses of one service: load balancing, and the limit of requests in flight.
//!
//! A request is in flight until its response starts, so an event stream, which stays open for
//! hours, does not count.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::circuit_breaker::{BreakerPolicy, CircuitBreaker};
use crate::config::UpstreamAddress;

/// A service and its addresses.
#[derive(Debug)]
pub(crate) struct Upstream {
    name: &'static str,
    addresses: Box<[Address]>,
    max_in_flight: usize,
    in_flight: AtomicUsize,
    round_robin: AtomicUsize,
    policy: BreakerPolicy,
}

#[derive(Debug)]
struct Address {
    origin: UpstreamAddress,
    in_flight: AtomicUsize,
    breaker: Mutex<CircuitBreaker>,
    /// The address announced its shutdown; until then other addresses are preferred.
    draining_until: Mutex<Option<Instant>>,
}

/// Permission for one request in flight; released when dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a>(&'a AtomicUsize);

/// A call to one address, in flight until dropped.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    upstream: &'a Upstream,
    index: usize,
}

/// The addresses that a request was sent to.
#[derive(Debug, Default)]
pub(crate) struct TriedAddresses(Vec<usize>);

impl Upstream {
    /// Creates an upstream at `addresses` with closed circuit breakers.
    pub(crate) fn new(
        name: &'static str,
        addresses: impl IntoIterator<Item = UpstreamAddress>,
        max_in_flight: usize,
        policy: BreakerPolicy,
    ) -> Self {
        let address = |origin| Address {
            origin,
            in_flight: AtomicUsize::new(0),
            breaker: Mutex::new(CircuitBreaker::new(policy)),
            draining_until: Mutex::new(None),
        };
        Self {
            name,
            addresses: addresses.into_iter().map(address).collect(),
            max_in_flight,
            in_flight: AtomicUsize::new(0),
            round_robin: AtomicUsize::new(0),
            policy,
        }
    }

    /// The name of the service.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Number of addresses.
    pub(crate) fn address_count(&self) -> usize {
        self.addresses.len()
    }

    /// Admits one more request, unless the maximum is in flight.
    pub(crate) fn try_acquire(&self) -> Option<Permit<'_>> {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        let permit = Permit(&self.in_flight);
        (before < self.max_in_flight).then_some(permit)
    }

    /// Starts a call to the address with the fewest calls in flight, round robin among equals.
    /// Skips addresses that were `tried` and those whose circuit breaker is open at `now`. Uses a
    /// draining address only if there is no other.
    pub(crate) fn next_attempt(
        &self,
        tried: &mut TriedAddresses,
        now: Instant,
    ) -> Option<Attempt<'_>> {
        while let Some(index) = self.least_loaded(tried, now) {
            tried.0.push(index);
            let address = &self.addresses[index];
            // Meanwhile another request may have become the probe.
            if address.with_breaker(|breaker| breaker.try_acquire(now)) {
                address.in_flight.fetch_add(1, Ordering::Relaxed);
                return Some(Attempt {
                    upstream: self,
                    index,
                });
            }
        }
        None
    }

    fn least_loaded(&self, tried: &TriedAddresses, now: Instant) -> Option<usize> {
        let count = self.addresses.len();
        let start = self.round_robin.fetch_add(1, Ordering::Relaxed) % count.max(1);
        (0..count)
            .map(|step| (start + step) % count)
            .filter(|index| !tried.0.contains(index))
            .filter(|&index| {
                self.addresses[index].with_breaker(|breaker| breaker.is_available(now))
            })
            .min_by_key(|&index| {
                let address = &self.addresses[index];
                let in_flight = address.in_flight.load(Ordering::Relaxed);
                (address.is_draining(now), in_flight)
            })
    }
}

impl TriedAddresses {
    /// Allows all addresses again.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Address {
    fn with_breaker<T>(&self, act: impl FnOnce(&mut CircuitBreaker) -> T) -> T {
        act(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn draining_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.draining_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn is_draining(&self, now: Instant) -> bool {
        self.draining_until().is_some_and(|until| now < until)
    }
}

impl Attempt<'_> {
    /// The address to call.
    pub(crate) fn address(&self) -> &UpstreamAddress {
        &self.state().origin
    }

    /// Records a response with any status.
    pub(crate) fn record_success(&self) {
        if self.state().with_breaker(CircuitBreaker::record_success) {
            let (upstream, address) = (self.upstream.name, self.address());
            tracing::info!(
                upstream,
                %address,
                "the circuit breaker for {upstream} at {address} closed"
            );
        }
    }

    /// Records that the address closes the connection after its response, as a service does before
    /// it shuts down. For one open duration the address is called only if there is no other.
    pub(crate) fn record_draining(&self, now: Instant) {
        *self.state().draining_until() = Some(now + self.upstream.policy.open_duration);
    }

    /// Records a connect failure or a timeout.
    pub(crate) fn record_failure(&self, now: Instant) {
        if self
            .state()
            .with_breaker(|breaker| breaker.record_failure(now))
        {
            let (upstream, address) = (self.upstream.name, self.address());
            let failures = self.upstream.policy.failure_threshold;
            metrics::counter!("gateway_breaker_opened_total", "upstream" => upstream).increment(1);
            tracing::warn!(
                upstream,
                %address,
                "the circuit breaker for {upstream} at {address} opened after {failures} failures"
            );
        }
    }

    fn state(&self) -> &Address {
        &self.upstream.addresses[self.index]
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.state().in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failure_threshold: 1,
        open_duration: Duration::from_millis(500),
    };

    fn upstream(addresses: &[&'static str]) -> Upstream {
        let addresses = addresses
            .iter()
            .map(|address| format!("http://{address}").parse().unwrap());
        Upstream::new("orders", addresses, 2, POLICY)
    }

    fn attempt(upstream: &Upstream, now: Instant) -> Attempt<'_> {
        let attempt = upstream.next_attempt(&mut TriedAddresses::default(), now);
        attempt.unwrap()
    }

    fn name(attempt: &Attempt<'_>) -> String {
        attempt.address().authority().to_string()
    }

    /// The addresses of `count` attempts, one after another.
    fn called(upstream: &Upstream, count: usize, now: Instant) -> Vec<String> {
        let call = |_| name(&attempt(upstream, now));
        (0..count).map(call).collect()
    }

    #[test]
    fn given_idle_addresses_when_called_one_after_another_then_round_robin_is_used() {
        let upstream = upstream(&["a:1", "b:1"]);
        let called = called(&upstream, 4, Instant::now());
        assert_eq!(called, ["a:1", "b:1", "a:1", "b:1"]);
    }

    #[test]
    fn given_a_busy_address_when_called_then_the_other_one_is_preferred() {
        let upstream = upstream(&["a:1", "b:1"]);
        let now = Instant::now();
        let busy = attempt(&upstream, now);
        assert!(!called(&upstream, 3, now).contains(&name(&busy)));
    }

    #[test]
    fn given_every_address_tried_when_another_attempt_is_requested_then_there_is_none() {
        let upstream = upstream(&["a:1", "b:1"]);
        let mut tried = TriedAddresses::default();
        let mut next = || {
            let attempt = upstream.next_attempt(&mut tried, Instant::now());
            attempt.map(|attempt| name(&attempt))
        };
        assert_ne!(next(), next());
        assert!(next().is_none());
    }

    #[test]
    fn given_a_failed_address_when_called_then_it_is_skipped_for_the_open_duration() {
        let upstream = upstream(&["a:1", "b:1"]);
        let now = Instant::now();
        attempt(&upstream, now).record_failure(now);
        assert_eq!(called(&upstream, 4, now), ["b:1"; 4]);
        let called = called(&upstream, 2, now + POLICY.open_duration);
        assert!(called.contains(&"a:1".to_owned()), "{called:?}");
    }

    #[test]
    fn given_a_draining_address_when_called_then_others_are_preferred_for_the_open_duration() {
        let upstream = upstream(&["a:1", "b:1"]);
        let now = Instant::now();
        let first = attempt(&upstream, now);
        first.record_draining(now);
        let draining = name(&first);
        drop(first);
        assert!(!called(&upstream, 4, now).contains(&draining));
        let mut tried = TriedAddresses::default();
        let mut next = || name(&upstream.next_attempt(&mut tried, now).unwrap());
        assert_ne!(next(), draining);
        assert_eq!(next(), draining, "it is used if there is no other");
        let called = called(&upstream, 2, now + POLICY.open_duration);
        assert!(called.contains(&draining), "{called:?}");
    }

    #[test]
    fn given_the_maximum_in_flight_when_one_more_request_arrives_then_it_is_refused_until_one_ends()
    {
        let upstream = upstream(&["a:1"]);
        let first = upstream.try_acquire();
        let second = upstream.try_acquire();
        assert!(first.is_some() && second.is_some());
        assert!(upstream.try_acquire().is_none());
        drop(first);
        assert!(upstream.try_acquire().is_some());
    }
}
