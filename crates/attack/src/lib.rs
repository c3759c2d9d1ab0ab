#![doc = include_str!("../README.md")]

mod account;
mod exchange;
mod malformed;
mod mutations;
mod report;
mod slow_clients;
mod target;
mod tokens;

use std::thread;

use anyhow::Result;

use crate::account::Account;
pub use crate::report::CaseResult;
pub use crate::target::{Kind, Target};

/// Runs all cases against `targets` and returns the results in the order of the targets. `seed`
/// determines the random damage.
///
/// Fails if a target is unreachable or no account can be registered.
///
/// # Panics
/// If the code of a case panics, which is a bug here and not in the shop.
pub fn run(targets: &[Target], seed: u64) -> Result<Vec<CaseResult>> {
    let account = Account::register(targets)?;
    let account = account.as_ref();
    let results = thread::scope(|scope| {
        let attacks: Vec<_> = targets
            .iter()
            .map(|target| {
                // The slow cases take minutes, so they run in parallel.
                let slow = scope.spawn(|| slow_clients::run(target));
                let quick = scope.spawn(move || {
                    let mut results = malformed::run(target, account);
                    results.extend(tokens::run(target, account));
                    results.extend(mutations::run(target, account, seed));
                    results
                });
                [quick, slow]
            })
            .collect();
        attacks
            .into_iter()
            .flatten()
            .flat_map(|attack| attack.join().expect("no case panics"))
            .collect()
    });
    Ok(results)
}
