//! The circuit breaker of one address: a state machine that is told the time and does no I/O.
//!
//! Closed, it lets every call through. After some failures in a row it opens and lets none
//! through, so that callers get their 503 at once. After a pause it is half open: one call a
//! pause is let through as a probe, and the first answer closes it.

use std::time::{Duration, Instant};

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open before it lets a probe through.
    pub pause: Duration,
}

/// The breaker of one address.
#[derive(Debug)]
pub struct Breaker {
    policy: Policy,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { probe_at: Instant },
    // A probe whose caller goes away is never reported, so the next one does not wait for it.
    HalfOpen { next_probe_at: Instant },
}

impl Breaker {
    /// A closed breaker.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            state: State::Closed { failures: 0 },
        }
    }

    /// Whether a call would be let through at `now`.
    pub fn would_admit(&self, now: Instant) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { probe_at: at } | State::HalfOpen { next_probe_at: at } => now >= at,
        }
    }

    /// Lets a call through at `now`, or not. A call let through while not closed is the probe.
    pub fn admit(&mut self, now: Instant) -> bool {
        let admitted = self.would_admit(now);
        if admitted && !matches!(self.state, State::Closed { .. }) {
            self.state = State::HalfOpen {
                next_probe_at: now + self.policy.pause,
            };
        }
        admitted
    }

    /// A call got an answer. True if this closes the breaker.
    pub fn succeeded(&mut self) -> bool {
        let closes = !matches!(self.state, State::Closed { .. });
        self.state = State::Closed { failures: 0 };
        closes
    }

    /// A call could not connect, or timed out, at `now`. True if this opens the breaker.
    pub fn failed(&mut self, now: Instant) -> bool {
        let open = State::Open {
            probe_at: now + self.policy.pause,
        };
        match self.state {
            State::Closed { failures } if failures + 1 < self.policy.failures => {
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
            // The failure of a call that began before it opened must not keep it open longer.
            State::Open { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: Policy = Policy {
        failures: 3,
        pause: Duration::from_millis(500),
    };

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(POLICY);
        for _ in 0..POLICY.failures {
            assert!(breaker.admit(now));
            breaker.failed(now);
        }
        breaker
    }

    #[test]
    fn given_failures_in_a_row_when_there_are_enough_then_it_opens() {
        let now = Instant::now();
        let mut breaker = Breaker::new(POLICY);
        assert!(!breaker.failed(now));
        assert!(!breaker.failed(now));
        assert!(breaker.admit(now));
        assert!(breaker.failed(now));
        assert!(!breaker.admit(now));
    }

    #[test]
    fn given_a_success_between_failures_when_counted_then_they_are_not_in_a_row() {
        let now = Instant::now();
        let mut breaker = Breaker::new(POLICY);
        breaker.failed(now);
        breaker.failed(now);
        breaker.succeeded();
        breaker.failed(now);
        breaker.failed(now);
        assert!(breaker.admit(now));
    }

    #[test]
    fn given_an_open_breaker_when_the_pause_is_over_then_one_probe_passes_and_its_answer_closes_it()
    {
        let start = Instant::now();
        let mut breaker = opened(start);
        let later = start + POLICY.pause;
        assert!(breaker.admit(later));
        assert!(!breaker.admit(later), "one probe only");
        assert!(breaker.succeeded());
        assert!(breaker.admit(later) && breaker.admit(later));
    }

    #[test]
    fn given_a_failed_probe_when_it_is_reported_then_another_pause_begins() {
        let start = Instant::now();
        let mut breaker = opened(start);
        let later = start + POLICY.pause;
        assert!(breaker.admit(later));
        breaker.failed(later);
        assert!(!breaker.admit(later + POLICY.pause / 2));
        assert!(breaker.admit(later + POLICY.pause));
    }

    #[test]
    fn given_a_probe_that_is_never_reported_when_a_pause_has_passed_then_another_one_passes() {
        let start = Instant::now();
        let mut breaker = opened(start);
        assert!(breaker.admit(start + POLICY.pause));
        assert!(breaker.admit(start + POLICY.pause * 2));
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Wait(u64),
        Call,
        Answer,
        Fail,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..700_u64).prop_map(Step::Wait),
            Just(Step::Call),
            Just(Step::Answer),
            Just(Step::Fail),
        ]
    }

    proptest! {
        /// Whatever happened before: a pause later a call passes, and an answer opens the way
        /// for all; and between two answers no more calls pass than failures allow and pauses go by.
        #[test]
        fn given_any_history_when_the_address_is_back_then_calls_pass_after_one_pause(
            steps in prop::collection::vec(step(), 0..200)
        ) {
            let mut now = Instant::now();
            let mut breaker = Breaker::new(POLICY);
            let mut last_probe: Option<Instant> = None;
            for step in steps {
                match step {
                    Step::Wait(millis) => now += Duration::from_millis(millis),
                    Step::Answer => { breaker.succeeded(); last_probe = None; }
                    Step::Fail => { breaker.failed(now); }
                    Step::Call => {
                        let closed = matches!(breaker.state, State::Closed { .. });
                        if breaker.admit(now) && !closed {
                            prop_assert!(last_probe.is_none_or(|last| now >= last + POLICY.pause));
                            last_probe = Some(now);
                        }
                    }
                }
            }
            now += POLICY.pause;
            prop_assert!(breaker.admit(now));
            breaker.succeeded();
            prop_assert!(breaker.admit(now) && breaker.admit(now));
        }
    }
}
