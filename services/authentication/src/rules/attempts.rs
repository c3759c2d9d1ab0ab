//! How often somebody may fail to log in, or register, before they have to wait.
//!
//! An attempt counts for a while and is then forgotten, so that nobody can lock an owner out for
//! good. Nor can a stranger do it again and again: where an account has logged in from a network
//! lately, what fails there is counted apart from what fails elsewhere.

use std::time::Duration;

use domain::Email;
use jiff::Timestamp;
use service_kit::client::Network;

/// What guessing and registering are allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttemptLimits {
    /// Failed log-ins for one account within the window.
    pub(crate) failures_per_account: u32,
    /// Failed log-ins from one address within the window.
    pub(crate) failures_per_address: u32,
    /// Registrations from one address within the window.
    pub(crate) registrations_per_address: u32,
    /// How long an attempt counts.
    pub(crate) window: Duration,
}

/// What attempts are counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Such as `account:…` or `address:…`.
    pub(crate) key: String,
    /// How many attempts are allowed.
    pub(crate) limit: u32,
}

/// Too many attempts; seconds until one of them is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u32);

impl AttemptLimits {
    /// What a failed log-in of this account from this network counts against: the network's count,
    /// the account's count there, and, unless the network `is_known` from a log-in of the account,
    /// the one that all strangers share.
    pub(crate) fn failure(&self, email: &Email, network: Network, is_known: bool) -> Vec<Counted> {
        let mut counted = vec![
            Counted {
                key: format!("account:{email} address:{network}"),
                limit: self.failures_per_account,
            },
            Counted {
                key: format!("address:{network}"),
                limit: self.failures_per_address,
            },
        ];
        if !is_known {
            counted.push(Counted {
                key: format!("account:{email}"),
                limit: self.failures_per_account,
            });
        }
        counted
    }

    /// What a registration from this network counts against.
    pub(crate) fn registration(&self, network: Network) -> Counted {
        Counted {
            key: format!("registrations:{network}"),
            limit: self.registrations_per_address,
        }
    }

    /// Before this time, attempts no longer count.
    pub(crate) fn since(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.window).unwrap_or(Timestamp::MIN)
    }

    /// Whether another attempt is allowed after `attempts`.
    pub(crate) fn judge(
        &self,
        attempts: &[Timestamp],
        limit: u32,
        now: Timestamp,
    ) -> Result<(), Wait> {
        let since = self.since(now);
        let counting: Vec<Timestamp> = attempts.iter().copied().filter(|at| *at > since).collect();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if counting.len() < limit {
            return Ok(());
        }
        let oldest = counting.iter().min().copied().unwrap_or(now);
        let forgotten_in = oldest.duration_since(since).as_secs_f64().ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` clamps, which is right here"
        )]
        Err(Wait((forgotten_in as u32).max(1)))
    }
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
    fn given_failures_when_judged_then_those_within_the_window_count() {
        let check = |failures: &[i64], now: i64, expected: Result<(), Wait>| {
            let failures: Vec<Timestamp> = failures.iter().map(|second| at(*second)).collect();
            assert_eq!(
                LIMITS.judge(&failures, 3, at(now)),
                expected,
                "{failures:?} at {now}"
            );
        };
        check(&[], 0, Ok(()));
        check(&[0, 1], 2, Ok(()));
        check(&[0, 1, 2], 2, Err(Wait(898)));
        check(&[0, 1, 2], 899, Err(Wait(1)));
        check(&[0, 1, 2], 900, Ok(()));
        check(&[2, 0, 1, 3], 900, Err(Wait(1)));
    }

    #[test]
    fn given_a_failure_when_counted_then_a_known_network_leaves_alone_what_strangers_share() {
        let email = Email::parse("AAA@aaa.com").expect("valid");
        let network = Network::of([192, 0, 2, 7].into());
        let check = |is_known: bool, expected: &[(&str, u32)]| {
            let counted = LIMITS.failure(&email, network, is_known);
            let counted: Vec<_> = counted
                .iter()
                .map(|counted| (counted.key.as_str(), counted.limit))
                .collect();
            assert_eq!(counted, expected, "{is_known}");
        };
        let there = ("account:aaa@aaa.com address:192.0.2.7", 3);
        let network = ("address:192.0.2.7", 5);
        check(true, &[there, network]);
        check(false, &[there, network, ("account:aaa@aaa.com", 3)]);
    }
}
