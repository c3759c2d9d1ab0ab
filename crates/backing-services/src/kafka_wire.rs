//! One request to a Kafka broker: how many brokers of its cluster are alive?
//!
//! Source: the Kafka protocol guide, <https://kafka.apache.org/protocol>. Numbers are big-endian. A
//! request is its length, the API key and its version (16 bits each), a correlation id, and the
//! client id; a response is its length, the correlation id, and the body.
//!
//! `Metadata` rather than `ApiVersions`: a broker answers the latter before it is registered with the
//! controller, when clients still see an empty cluster.

use std::io::{self, Read, Write};

use crate::port::connect;

const METADATA: i16 = 3;
/// Old enough for every supported broker, and before the "flexible" encoding.
const VERSION: i16 = 4;
const CLIENT: &[u8; 16] = b"backing-services";
/// The request's length, without these four bytes.
const REQUEST_LENGTH: i32 = 31;
/// Far above a response without topics; bounds the allocation if another program has the port.
const MAX_RESPONSE: usize = 64 * 1024;
/// The number of brokers follows the correlation id and the throttle time.
const BROKER_COUNT_OFFSET: usize = 8;

/// Returns how many live brokers the one at 127.0.0.1:`port` knows.
pub(crate) fn live_brokers(port: u16) -> io::Result<i32> {
    let mut stream = connect(port)?;
    stream.write_all(&request())?;

    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(MAX_RESPONSE);
    if !(BROKER_COUNT_OFFSET + 4..MAX_RESPONSE).contains(&length) {
        return Err(io::Error::other("the response is not Kafka's"));
    }
    let mut response = vec![0; length];
    stream.read_exact(&mut response)?;
    let mut count = [0; 4];
    count.copy_from_slice(&response[BROKER_COUNT_OFFSET..BROKER_COUNT_OFFSET + 4]);
    Ok(i32::from_be_bytes(count))
}

/// A metadata request for no topics, without automatic creation.
fn request() -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(METADATA.to_be_bytes());
    body.extend(VERSION.to_be_bytes());
    body.extend(1_i32.to_be_bytes());
    body.extend(16_i16.to_be_bytes());
    body.extend(CLIENT);
    body.extend(0_i32.to_be_bytes());
    body.push(0);
    let mut request = REQUEST_LENGTH.to_be_bytes().to_vec();
    request.extend(body);
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_request_when_encoded_then_its_length_fields_are_right() {
        let request = request();
        let length = i32::from_be_bytes(request[..4].try_into().unwrap());
        assert_eq!(usize::try_from(length).unwrap(), request.len() - 4);
        let name = i16::from_be_bytes(request[12..14].try_into().unwrap());
        assert_eq!(usize::try_from(name).unwrap(), CLIENT.len());
    }
}
