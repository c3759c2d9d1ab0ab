//! One command to a MongoDB server: enough to initiate a replica set and to check readiness, without
//! compiling a driver.
//!
//! Source: the MongoDB wire protocol,
//! <https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>. A message is a header of
//! four little-endian 32-bit integers (total length, request id, id responded to, opcode), and
//! for `OP_MSG` 32 bits of flags and sections; a section of kind 0 is a single BSON document.

use std::io::{self, Read, Write};

use bson::Document;

use crate::port::connect;

const OP_MSG: i32 = 2013;
const HEADER: usize = 16;
const FLAGS_AND_KIND: usize = 5;
/// Far above any response to the commands of this crate; bounds the allocation if another program has
/// the port.
const MAX_RESPONSE: usize = 1024 * 1024;

/// Runs `command` on the database `admin` of the server at 127.0.0.1:`port`. The field `ok` of the
/// response says whether it succeeded.
pub(crate) fn run_command(port: u16, mut command: Document) -> io::Result<Document> {
    command.insert("$db", "admin");
    let body = command.to_vec().map_err(io::Error::other)?;

    let mut stream = connect(port)?;
    stream.write_all(&message(&body)?)?;

    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let length = response_length(&header)
        .ok_or_else(|| io::Error::other("the response is not MongoDB's"))?;
    let mut rest = vec![0; length - HEADER];
    stream.read_exact(&mut rest)?;
    Document::from_reader(&rest[FLAGS_AND_KIND..]).map_err(io::Error::other)
}

fn message(body: &[u8]) -> io::Result<Vec<u8>> {
    let length = i32::try_from(HEADER + FLAGS_AND_KIND + body.len()).map_err(io::Error::other)?;
    let mut message = Vec::new();
    for number in [length, 1, 0, OP_MSG] {
        message.extend(number.to_le_bytes());
    }
    message.extend([0; FLAGS_AND_KIND]);
    message.extend(body);
    Ok(message)
}

/// Returns the length in a header, if the header is that of an `OP_MSG` with at least one section.
fn response_length(header: &[u8; HEADER]) -> Option<usize> {
    let number = |at: usize| Some(i32::from_le_bytes(header[at..at + 4].try_into().ok()?));
    let length = usize::try_from(number(0)?).ok()?;
    (number(12)? == OP_MSG && (HEADER + FLAGS_AND_KIND..MAX_RESPONSE).contains(&length))
        .then_some(length)
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn given_a_message_when_encoded_then_its_header_contains_its_length() {
        let body = doc! { "hello": 1 }.to_vec().unwrap();
        let message = message(&body).unwrap();
        assert_eq!(
            response_length(message[..HEADER].try_into().unwrap()),
            Some(message.len())
        );
        assert_eq!(
            Document::from_reader(&message[HEADER + FLAGS_AND_KIND..]).unwrap(),
            doc! { "hello": 1 }
        );
    }

    #[test]
    fn given_a_header_of_another_kind_when_read_then_it_is_rejected() {
        assert_eq!(response_length(b"HTTP/1.1 400 Bad"), None);
        assert_eq!(response_length(&[0; HEADER]), None);
    }
}
