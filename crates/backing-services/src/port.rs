//! Finding free ports, and connecting to ports.

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::BuildHasher,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use crate::error::{Error, Result};

/// The lowest port that is returned.
const MIN_PORT: u16 = 14_000;
const TIMEOUT: Duration = Duration::from_secs(5);

/// Whether a server can listen on `port` at 127.0.0.1.
pub fn is_port_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Connects to `port` at 127.0.0.1, with a timeout for the connection and each read and write.
pub(crate) fn connect(port: u16) -> io::Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

/// Returns `N` ports at 127.0.0.1 that are free now, never the same port twice in this process.
///
/// They lie below the kernel's range for outgoing connections. A server that is killed and restarted
/// could lose a port within that range to any client, and a client that keeps reconnecting to such
/// a port can even connect to itself.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    static RANGE: LazyLock<u16> =
        LazyLock::new(|| ephemeral_start().saturating_sub(MIN_PORT).max(1));
    // The random start separates concurrent processes; the counter separates calls in this one.
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
        let port = MIN_PORT + NEXT.fetch_add(1, Ordering::Relaxed) % *RANGE;
        if is_port_free(port) {
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
        .filter(|start| *start > MIN_PORT + 1000)
        .unwrap_or(32_768)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_free_ports_when_returned_then_they_differ_and_a_port_in_use_is_not_free() {
        let ports = free_ports::<20>().unwrap();
        let different: std::collections::BTreeSet<_> = ports.iter().collect();
        assert_eq!(different.len(), 20);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_port_free(listener.local_addr().unwrap().port()));
        assert!(ports.iter().all(|port| *port < ephemeral_start()));
    }
}
