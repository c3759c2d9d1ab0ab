//! Whether the machine is large enough, told before anything is killed for want of memory.

use std::fs;

use anyhow::{Result, bail};

/// Fails where the machine has less than `needed` MiB. Where that cannot be found out it goes on.
pub(crate) fn check(needed: Option<u64>) -> Result<()> {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    match (needed, total(&text)) {
        (Some(needed), Some(total)) if total < needed => bail!(
            "the machine has {total} MiB of memory and the shop needs {needed}; give the container \
             engine more"
        ),
        _ => Ok(()),
    }
}

/// The memory in MiB, of Linux's description of it in kB.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_machine_when_it_is_too_small_then_that_is_said() {
        assert_eq!(
            total("MemTotal:        2048000 kB\nMemFree: 1 kB\n"),
            Some(2000)
        );
        assert_eq!(total(""), None);
        check(None).expect("nothing is needed");
        check(Some(1)).expect("any machine has that");
        let error = check(Some(u64::MAX)).expect_err("no machine has that");
        assert!(error.to_string().contains("MiB"), "{error}");
    }
}
