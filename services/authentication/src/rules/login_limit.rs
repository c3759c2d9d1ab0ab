//! How many failed log-ins are allowed before somebody has to wait.
//!
//! They count for a while and are then forgotten, so that nobody can lock an owner out for good.

use std::net::IpAddr;
use std::time::Duration;

use identity::Email;
use jiff::Timestamp;

/// What guessing is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoginLimits {
    /// Failures for one account within the window.
    pub(crate) per_account: u32,
    /// Failures from one address within the window.
    pub(crate) per_address: u32,
    /// How long a failure counts.
    pub(crate) window: Duration,
}

/// What failures are counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// `account:…` or `address:…`.
    pub(crate) key: String,
    /// How many failures are allowed.
    pub(crate) limit: u32,
}

/// Too many failures; seconds until one of them is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) u32);

impl LoginLimits {
    /// What a failed log-in of this account from this address counts against.
    pub(crate) fn counted(&self, email: &Email, address: IpAddr) -> [Counted; 2] {
        [
            Counted {
                key: format!("account:{email}"),
                limit: self.per_account,
            },
            Counted {
                key: format!("address:{}", network(address)),
                limit: self.per_address,
            },
        ]
    }

    /// Before this time, failures no longer count.
    pub(crate) fn since(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.window).unwrap_or(Timestamp::MIN)
    }

    /// Whether another failure is allowed after `failures`.
    pub(crate) fn judge(
        &self,
        failures: &[Timestamp],
        limit: u32,
        now: Timestamp,
    ) -> Result<(), Wait> {
        let since = self.since(now);
        let counting: Vec<Timestamp> = failures.iter().copied().filter(|at| *at > since).collect();
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

/// One household or server has a whole /64 of IPv6 to choose addresses from.
fn network(address: IpAddr) -> IpAddr {
    const PREFIX: u128 = u128::MAX << 64;
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & PREFIX).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: LoginLimits = LoginLimits {
        per_account: 3,
        per_address: 5,
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
    fn given_addresses_when_counted_then_a_network_of_ipv6_counts_as_one() {
        let email = Email::parse("AAA@aaa.com").expect("valid");
        let check = |address: &str, expected: &str| {
            let [account, counted] = LIMITS.counted(&email, address.parse().expect("an address"));
            assert_eq!(
                (account.key.as_str(), account.limit),
                ("account:aaa@aaa.com", 3)
            );
            assert_eq!((counted.key.as_str(), counted.limit), (expected, 5));
        };
        check("192.0.2.7", "address:192.0.2.7");
        check("::ffff:192.0.2.7", "address:192.0.2.7");
        check("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::");
    }
}
