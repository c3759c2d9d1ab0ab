//! The memory of the machine. Too little would make the kernel kill processes at random.

use std::fs;

use anyhow::{Result, bail};

/// Fails if the machine has less than `required` MiB. Passes if its memory is unknown.
pub(crate) fn check(required: Option<u64>) -> Result<()> {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    match (required, total_mib(&meminfo)) {
        (Some(required), Some(total)) if total < required => bail!(
            "the machine has {total} MiB of memory, and the shop needs {required}; give the \
             container engine more"
        ),
        _ => Ok(()),
    }
}

fn total_mib(meminfo: &str) -> Option<u64> {
    let total = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_the_memory_of_a_machine_when_it_is_too_small_then_the_check_fails() {
        assert_eq!(
            total_mib("MemTotal:        2048000 kB\nMemFree: 1 kB\n"),
            Some(2000)
        );
        assert_eq!(total_mib(""), None);
        check(None).expect("no memory is required");
        check(Some(1)).expect("every machine has 1 MiB");
        let error = check(Some(u64::MAX)).expect_err("no machine has that much");
        assert!(error.to_string().contains("MiB"), "{error}");
    }
}
