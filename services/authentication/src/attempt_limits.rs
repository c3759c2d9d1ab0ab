//! The limits of failed log-ins and registrations.
//!
//! An attempt counts for a window of time, so an attacker cannot lock out an owner permanently.
//! Repeated attacks do not lock out an owner either: failures from a network from which the account
//! has logged in recently are counted separately.

use std::time::Duration;

use domain::Email;
use jiff::Timestamp;
use service_kit::client::Network;

/// The limits; one of 0 is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttemptLimits {
    /// Failed log-ins for one account within the window.
    pub(crate) failures_per_account: u32,
    /// Failed log-ins from one address within the window.
    pub(crate) failures_per_address: u32,
    /// Registrations from one address within the window.
    pub(crate) registrations_per_address: u32,
    /// The time during which an attempt counts.
    pub(crate) window: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptCounter {
    /// Such as `account:…` or `address:…`.
    pub(crate) key: String,
    /// The maximum number of attempts within the window.
    pub(crate) limit: u32,
}

/// The limit is reached: the seconds until the oldest attempt no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; retry after {0} s")]
pub(crate) struct RetryAfter(pub(crate) u32);

impl AttemptLimits {
    /// Returns the counters of a failed log-in: that of the account in this network, that of the
    /// network and, unless the network `is_known` from an earlier log-in of the account, that of the
    /// account in all unknown networks.
    pub(crate) fn failure(
        &self,
        email: &Email,
        network: Network,
        is_known: bool,
    ) -> Vec<AttemptCounter> {
        let mut counters = vec![
            AttemptCounter {
                key: format!("account:{email} address:{network}"),
                limit: self.failures_per_account,
            },
            AttemptCounter {
                key: format!("address:{network}"),
                limit: self.failures_per_address,
            },
        ];
        if !is_known {
            counters.push(AttemptCounter {
                key: format!("account:{email}"),
                limit: self.failures_per_account,
            });
        }
        limited(counters)
    }

    /// Returns the counter of registrations from this network.
    pub(crate) fn registration(&self, network: Network) -> Vec<AttemptCounter> {
        limited(vec![AttemptCounter {
            key: format!("registrations:{network}"),
            limit: self.registrations_per_address,
        }])
    }

    /// Returns the start of the window; attempts until then do not count.
    pub(crate) fn window_start(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.window).unwrap_or(Timestamp::MIN)
    }

    /// Checks that another attempt is allowed after `attempts`.
    pub(crate) fn check(
        &self,
        attempts: &[Timestamp],
        limit: u32,
        now: Timestamp,
    ) -> Result<(), RetryAfter> {
        let start = self.window_start(now);
        let counting = attempts.iter().copied().filter(|at| *at > start);
        if counting.clone().count() < usize::try_from(limit).unwrap_or(usize::MAX) {
            return Ok(());
        }
        let oldest = counting.min().unwrap_or(now);
        let seconds = oldest.duration_since(start).as_secs_f64().ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` clamps to the range of u32"
        )]
        Err(RetryAfter((seconds as u32).max(1)))
    }
}

/// Removes the counters without a limit, so that nothing is counted in vain.
fn limited(mut counters: Vec<AttemptCounter>) -> Vec<AttemptCounter> {
    counters.retain(|counter| counter.limit > 0);
    counters
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: AttemptLimits = AttemptLimits {
        failures_per_account: 3,
        failures_per_address: 5,
        registrations_per_address: 7,
        window: Duration::from_mins(15),
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("in range")
    }

    #[test]
    fn given_failures_when_checked_then_those_within_the_window_count() {
        let check = |failures: &[i64], now: i64, expected: Result<(), RetryAfter>| {
            let failures: Vec<Timestamp> = failures.iter().map(|second| at(*second)).collect();
            assert_eq!(
                LIMITS.check(&failures, 3, at(now)),
                expected,
                "{failures:?} at {now}"
            );
        };
        check(&[], 0, Ok(()));
        check(&[0, 1], 2, Ok(()));
        check(&[0, 1, 2], 2, Err(RetryAfter(898)));
        check(&[0, 1, 2], 899, Err(RetryAfter(1)));
        check(&[0, 1, 2], 900, Ok(()));
        check(&[2, 0, 1, 3], 900, Err(RetryAfter(1)));
    }

    #[test]
    fn given_a_failure_when_counted_then_one_from_a_known_network_is_not_counted_for_unknown_networks()
     {
        let email = Email::parse("AAA@aaa.com").expect("valid");
        let network = Network::of([192, 0, 2, 7].into());
        let check = |is_known: bool, expected: &[(&str, u32)]| {
            let counters = LIMITS.failure(&email, network, is_known);
            let counters: Vec<_> = counters
                .iter()
                .map(|counter| (counter.key.as_str(), counter.limit))
                .collect();
            assert_eq!(counters, expected, "{is_known}");
        };
        let account_in_network = ("account:aaa@aaa.com address:192.0.2.7", 3);
        let network = ("address:192.0.2.7", 5);
        check(true, &[account_in_network, network]);
        check(
            false,
            &[account_in_network, network, ("account:aaa@aaa.com", 3)],
        );
    }

    #[test]
    fn given_limits_of_zero_when_an_attempt_is_made_then_nothing_is_counted() {
        let unlimited = AttemptLimits {
            failures_per_account: 0,
            failures_per_address: 0,
            registrations_per_address: 0,
            ..LIMITS
        };
        let email = Email::parse("aaa@aaa.com").expect("valid");
        let network = Network::of([192, 0, 2, 7].into());
        assert!(unlimited.failure(&email, network, false).is_empty());
        assert!(unlimited.registration(network).is_empty());
        let per_address = AttemptLimits {
            failures_per_address: 5,
            ..unlimited
        };
        assert_eq!(per_address.failure(&email, network, false).len(), 1);
    }
}
