//! Ports that nothing listens on.

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::BuildHasher,
    net::{Ipv4Addr, TcpListener},
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering},
    },
};

use crate::{Error, Result};

/// The lowest port that is handed out.
const LOWEST: u16 = 14_000;

/// Whether `port` can be listened on at 127.0.0.1.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// `N` ports at 127.0.0.1 that are free now; never the same one twice in this process.
///
/// They lie below the range that the kernel takes for outgoing connections. A port within that
/// range would not do for a server that is killed and restarted: meanwhile any client could be
/// given it as its own, and a client that keeps trying to reconnect can even come to be connected
/// to itself.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    static RANGE: LazyLock<u16> = LazyLock::new(|| ephemeral_start().saturating_sub(LOWEST).max(1));
    // A random beginning keeps processes that look at the same time apart; the counter, calls
    // within this one.
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        let random = RandomState::new().hash_one(std::process::id()) % u64::from(*RANGE);
        AtomicU16::new(u16::try_from(random).unwrap_or_default())
    });

    let mut ports = [0; N];
    let mut found = 0;
    for _ in 0..*RANGE {
        if found == N {
            break;
        }
        let port = LOWEST + NEXT.fetch_add(1, Ordering::Relaxed) % *RANGE;
        if is_free(port) {
            ports[found] = port;
            found += 1;
        }
    }
    if found < N {
        Err(Error::Ports { wanted: N })
    } else {
        Ok(ports)
    }
}

/// The first port of the kernel's range for outgoing connections; Linux's default where it cannot
/// be read.
fn ephemeral_start() -> u16 {
    fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next()?.parse().ok())
        .filter(|start| *start > LOWEST + 1000)
        .unwrap_or(32_768)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_are_different_and_a_port_in_use_is_not_free() {
        let ports = free_ports::<20>().unwrap();
        let different: std::collections::BTreeSet<_> = ports.iter().collect();
        assert_eq!(different.len(), 20);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()));
        assert!(ports.iter().all(|port| *port < ephemeral_start()));
    }
}
