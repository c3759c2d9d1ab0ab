#![doc = include_str!("../README.md")]

mod account;
mod exchange;
mod mutations;
mod report;
mod requests;
mod slowness;
mod target;
mod tokens;

use std::thread;

use anyhow::Result;

use crate::account::Account;
pub use crate::report::{Row, table};
pub use crate::target::{Kind, Target};

/// Tries everything at all of these; the rows come in the order of the targets.
///
/// Fails where nothing can be tried: an address does not answer, or no account can be made.
///
/// # Panics
/// Where one of the attacks does, which is a mistake here and not in the shop.
pub fn run(targets: &[Target], seed: u64) -> Result<Vec<Row>> {
    let account = Account::open(targets)?;
    let rows = thread::scope(|scope| {
        let attacks: Vec<_> = targets
            .iter()
            .map(|target| {
                // Those that wait run beside the others, or it would take minutes.
                let slow = scope.spawn(|| slowness::rows(target));
                let quick = scope.spawn(|| {
                    let mut rows = requests::rows(target, account.as_ref());
                    rows.extend(tokens::rows(target, account.as_ref()));
                    rows.extend(mutations::rows(target, account.as_ref(), seed));
                    rows
                });
                (quick, slow)
            })
            .collect();
        let mut rows = Vec::new();
        for (quick, slow) in attacks {
            rows.extend(quick.join().expect("the attack goes to its end"));
            rows.extend(slow.join().expect("the attack goes to its end"));
        }
        rows
    });
    Ok(rows)
}
