//! A circuit breaker: a state machine without a clock and without I/O.
//!
//! A closed breaker allows every call. After consecutive failures it opens and allows none, so that
//! callers get their 503 immediately. After the open duration it is half open: it allows one probe per
//! open duration, and the first success closes it.

use std::time::{Duration, Instant};

/// When a circuit breaker opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BreakerPolicy {
    /// Consecutive failures that open the breaker.
    pub(crate) failure_threshold: u32,
    /// Time between opening and the first probe, and between probes.
    pub(crate) open_duration: Duration,
}

/// The circuit breaker of one upstream address.
#[derive(Debug)]
pub(crate) struct CircuitBreaker {
    policy: BreakerPolicy,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { probe_at: Instant },
    // The outcome of a probe whose caller disconnects is never recorded, so the next probe does
    // not wait for it.
    HalfOpen { next_probe_at: Instant },
}

impl CircuitBreaker {
    /// Creates a closed breaker.
    pub(crate) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: State::Closed { failures: 0 },
        }
    }

    /// Whether [`Self::try_acquire`] would allow a call at `now`.
    pub(crate) fn is_available(&self, now: Instant) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { probe_at: at } | State::HalfOpen { next_probe_at: at } => now >= at,
        }
    }

    /// Allows or refuses a call at `now`. A call that a breaker allows while it is not closed is a
    /// probe.
    pub(crate) fn try_acquire(&mut self, now: Instant) -> bool {
        let is_allowed = self.is_available(now);
        if is_allowed && !matches!(self.state, State::Closed { .. }) {
            self.state = State::HalfOpen {
                next_probe_at: now + self.policy.open_duration,
            };
        }
        is_allowed
    }

    /// Records a response. Returns whether it closed the breaker.
    pub(crate) fn record_success(&mut self) -> bool {
        let has_closed = !matches!(self.state, State::Closed { .. });
        self.state = State::Closed { failures: 0 };
        has_closed
    }

    /// Records a connect failure or a timeout at `now`. Returns whether it opened the breaker.
    pub(crate) fn record_failure(&mut self, now: Instant) -> bool {
        let open = State::Open {
            probe_at: now + self.policy.open_duration,
        };
        match self.state {
            State::Closed { failures } if failures + 1 < self.policy.failure_threshold => {
                self.state = State::Closed {
                    failures: failures + 1,
                };
                false
            }
            State::Closed { .. } => {
                self.state = open;
                true
            }
            State::HalfOpen { .. } => {
                self.state = open;
                false
            }
            // A call that began before the breaker opened must not keep it open longer.
            State::Open { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failure_threshold: 3,
        open_duration: Duration::from_millis(500),
    };

    fn open_breaker(now: Instant) -> CircuitBreaker {
        let mut breaker = CircuitBreaker::new(POLICY);
        for _ in 0..POLICY.failure_threshold {
            assert!(breaker.try_acquire(now));
            breaker.record_failure(now);
        }
        breaker
    }

    #[test]
    fn given_consecutive_failures_when_the_threshold_is_reached_then_it_opens() {
        let now = Instant::now();
        let mut breaker = CircuitBreaker::new(POLICY);
        assert!(!breaker.record_failure(now));
        assert!(!breaker.record_failure(now));
        assert!(breaker.try_acquire(now));
        assert!(breaker.record_failure(now));
        assert!(!breaker.try_acquire(now));
    }

    #[test]
    fn given_a_success_between_failures_when_counted_then_they_are_not_consecutive() {
        let now = Instant::now();
        let mut breaker = CircuitBreaker::new(POLICY);
        breaker.record_failure(now);
        breaker.record_failure(now);
        breaker.record_success();
        breaker.record_failure(now);
        breaker.record_failure(now);
        assert!(breaker.try_acquire(now));
    }

    #[test]
    fn given_an_open_breaker_when_the_open_duration_ends_then_one_probe_passes_and_its_success_closes_it()
     {
        let start = Instant::now();
        let mut breaker = open_breaker(start);
        let later = start + POLICY.open_duration;
        assert!(breaker.try_acquire(later));
        assert!(!breaker.try_acquire(later), "one probe only");
        assert!(breaker.record_success());
        assert!(breaker.try_acquire(later) && breaker.try_acquire(later));
    }

    #[test]
    fn given_a_probe_when_it_fails_then_the_breaker_is_open_for_another_open_duration() {
        let start = Instant::now();
        let mut breaker = open_breaker(start);
        let later = start + POLICY.open_duration;
        assert!(breaker.try_acquire(later));
        breaker.record_failure(later);
        assert!(!breaker.try_acquire(later + POLICY.open_duration / 2));
        assert!(breaker.try_acquire(later + POLICY.open_duration));
    }

    #[test]
    fn given_a_probe_without_an_outcome_when_the_open_duration_has_passed_then_another_probe_passes()
     {
        let start = Instant::now();
        let mut breaker = open_breaker(start);
        assert!(breaker.try_acquire(start + POLICY.open_duration));
        assert!(breaker.try_acquire(start + POLICY.open_duration * 2));
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Wait(u64),
        Call,
        Success,
        Failure,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..700_u64).prop_map(Step::Wait),
            Just(Step::Call),
            Just(Step::Success),
            Just(Step::Failure),
        ]
    }

    proptest! {
        /// After any history: one open duration later a call passes, and its success lets all
        /// calls pass; and between two successes at most one probe passes per open duration.
        #[test]
        fn given_any_history_when_the_address_recovers_then_calls_pass_after_one_open_duration(
            steps in prop::collection::vec(step(), 0..200)
        ) {
            let mut now = Instant::now();
            let mut breaker = CircuitBreaker::new(POLICY);
            let mut last_probe: Option<Instant> = None;
            for step in steps {
                match step {
                    Step::Wait(millis) => now += Duration::from_millis(millis),
                    Step::Success => { breaker.record_success(); last_probe = None; }
                    Step::Failure => { breaker.record_failure(now); }
                    Step::Call => {
                        let is_closed = matches!(breaker.state, State::Closed { .. });
                        if breaker.try_acquire(now) && !is_closed {
                            prop_assert!(last_probe.is_none_or(|last| now >= last + POLICY.open_duration));
                            last_probe = Some(now);
                        }
                    }
                }
            }
            now += POLICY.open_duration;
            prop_assert!(breaker.try_acquire(now));
            breaker.record_success();
            prop_assert!(breaker.try_acquire(now) && breaker.try_acquire(now));
        }
    }
}
