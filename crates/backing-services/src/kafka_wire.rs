//! One question to a Kafka broker: does it have itself in the list of live brokers?
//!
//! Source: the Kafka protocol guide, <https://kafka.apache.org/protocol>. Numbers are big-endian. A
//! request is its length, then the kind of request and its version (16 bits each), an id, and the
//! client's name; an answer is its length, the id, and the rest.
//!
//! `Metadata` rather than `ApiVersions`, because a broker answers the latter already before the
//! controller has admitted it to the cluster, while clients would still see no broker at all.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

const METADATA: i16 = 3;
/// Old enough for every supported broker, and before the "flexible" encoding.
const VERSION: i16 = 4;
const CLIENT: &[u8; 16] = b"backing-services";
/// Of the request, without these four bytes themselves.
const LENGTH: i32 = 31;
const TIMEOUT: Duration = Duration::from_secs(5);
/// Far above the answer about no topics; keeps a stranger on the port from making us allocate.
const LONGEST: usize = 64 * 1024;
/// Id and throttle time stand before the number of brokers.
const BROKERS_AT: usize = 8;

/// How many brokers the one at 127.0.0.1:`port` knows to be alive.
pub(crate) fn live_brokers(port: u16) -> io::Result<i32> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(&request())?;

    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(LONGEST);
    if !(BROKERS_AT + 4..LONGEST).contains(&length) {
        return Err(io::Error::other("the answer is not Kafka's"));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    let mut count = [0; 4];
    count.copy_from_slice(&answer[BROKERS_AT..BROKERS_AT + 4]);
    Ok(i32::from_be_bytes(count))
}

/// A request for metadata of no topics, creating none.
fn request() -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(METADATA.to_be_bytes());
    body.extend(VERSION.to_be_bytes());
    body.extend(1_i32.to_be_bytes());
    body.extend(16_i16.to_be_bytes());
    body.extend(CLIENT);
    body.extend(0_i32.to_be_bytes());
    body.push(0);
    let mut request = LENGTH.to_be_bytes().to_vec();
    request.extend(body);
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_its_own_length_and_that_of_the_clients_name() {
        let request = request();
        let length = i32::from_be_bytes(request[..4].try_into().unwrap());
        assert_eq!(usize::try_from(length).unwrap(), request.len() - 4);
        let name = i16::from_be_bytes(request[12..14].try_into().unwrap());
        assert_eq!(usize::try_from(name).unwrap(), CLIENT.len());
    }
}
