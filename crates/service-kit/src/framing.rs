//! Finds requests that say twice how long their body is.
//!
//! With both a Content-Length and a Transfer-Encoding two servers in a row can disagree about
//! where a request ends, and what one takes for a body is a request to the other (RFC 9112, 6.1
//! and 11.2). hyper drops the length before anything of ours sees the request, so the heads are
//! read here too, beside it, from the bytes as they come. What cannot be read here counts as such a
//! request: hyper, if it can read it, would be followed no further.

use httparse::{EMPTY_HEADER, Request, Status};

/// As many headers as hyper reads.
const MOST_HEADERS: usize = 100;

/// Follows the bytes of one connection from request to request.
pub(crate) struct Framing {
    at: Position,
    /// What came of the head, chunk size or trailer that is not here as a whole.
    held: Vec<u8>,
    most_held: usize,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Head,
    /// A body, or one chunk of it, of which this much is still to come.
    Sized(u64),
    ChunkSize,
    Chunk(u64),
    Trailers,
    /// Where what comes next begins is not known; hyper closes most such connections.
    Unreadable,
}

impl Framing {
    /// At the beginning of a connection whose heads are at most `most_head` bytes long.
    pub(crate) fn new(most_head: usize) -> Self {
        Self {
            at: Position::Head,
            held: Vec::new(),
            most_held: most_head,
        }
    }

    /// Takes what came next; whether there was a head with two lengths in it, or may have been.
    pub(crate) fn is_ambiguous(&mut self, mut bytes: &[u8]) -> bool {
        let mut ambiguous = false;
        while !bytes.is_empty() {
            bytes = match self.at {
                Position::Unreadable => return true,
                Position::Sized(left) => self.skip(bytes, left, Position::Head, Position::Sized),
                Position::Chunk(left) => {
                    self.skip(bytes, left, Position::ChunkSize, Position::Chunk)
                }
                Position::Head | Position::ChunkSize | Position::Trailers => {
                    let (rest, found) = self.read(bytes);
                    ambiguous |= found;
                    rest
                }
            };
        }
        ambiguous
    }

    fn skip<'a>(
        &mut self,
        bytes: &'a [u8],
        left: u64,
        then: Position,
        still: fn(u64) -> Position,
    ) -> &'a [u8] {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - here as u64;
        self.at = if left == 0 { then } else { still(left) };
        &bytes[here..]
    }

    /// Reads a head, chunk size or trailer, if its end is here; the bytes after it, and whether it
    /// was a head with two lengths.
    fn read<'a>(&mut self, bytes: &'a [u8]) -> (&'a [u8], bool) {
        let before = self.held.len();
        self.held.extend_from_slice(bytes);
        let read = match self.at {
            Position::Head => head(&self.held),
            Position::ChunkSize => chunk_size(&self.held),
            _ => trailers(&self.held),
        };
        let (at, length, ambiguous) = match read {
            Ok(Status::Complete(read)) => read,
            Ok(Status::Partial) if self.held.len() <= self.most_held => return (&[], false),
            Ok(Status::Partial) | Err(_) => (Position::Unreadable, self.held.len(), true),
        };
        self.at = at;
        self.held.clear();
        // Nothing that was held alone was an end, so the end is in what came now.
        (&bytes[length.saturating_sub(before)..], ambiguous)
    }
}

/// What follows, after how many bytes, and whether there were two lengths.
type Read = (Position, usize, bool);

fn head(held: &[u8]) -> httparse::Result<Read> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = Request::new(&mut headers);
    let Status::Complete(length) = request.parse(held)? else {
        return Ok(Status::Partial);
    };
    let value = |name: &str| {
        let header = request
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        header.map(|header| header.value)
    };
    let is_chunked = value("transfer-encoding").is_some();
    let announced = value("content-length");
    let at = match announced {
        _ if is_chunked => Position::ChunkSize,
        None => Position::Head,
        Some(announced) => match std::str::from_utf8(announced).map(str::parse) {
            Ok(Ok(0)) => Position::Head,
            Ok(Ok(size)) => Position::Sized(size),
            _ => Position::Unreadable,
        },
    };
    Ok(Status::Complete((
        at,
        length,
        is_chunked && announced.is_some(),
    )))
}

fn chunk_size(held: &[u8]) -> httparse::Result<Read> {
    let Ok(read) = httparse::parse_chunk_size(held) else {
        return Err(httparse::Error::Token);
    };
    Ok(match read {
        Status::Partial => Status::Partial,
        Status::Complete((length, 0)) => Status::Complete((Position::Trailers, length, false)),
        // A line break ends each chunk.
        Status::Complete((length, size)) => {
            Status::Complete((Position::Chunk(size.saturating_add(2)), length, false))
        }
    })
}

/// Up to an empty line. hyper takes a line feed alone for a part of the line, other programs for
/// its end, so there is none.
fn trailers(held: &[u8]) -> httparse::Result<Read> {
    let mut length = 0;
    for line in held.split_inclusive(|byte| *byte == b'\n') {
        length += line.len();
        match line {
            b"\r\n" => return Ok(Status::Complete((Position::Head, length, false))),
            [.., b'\r', b'\n'] => {}
            [.., b'\n'] => return Err(httparse::Error::NewLine),
            _ => {}
        }
    }
    Ok(Status::Partial)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const SIZED: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n\
                         Transfer-Encoding: x\r\nContent-Length: 1\r";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                           13;a=b\r\nContent-Length: 1\r\n\r\n0\r\nContent-Length: 1\r\n\r\n";
    const BOTH: &str = "POST / HTTP/1.1\r\nContent-length: 5\r\nTransfer-ENCODING: chunked\r\n\r\n";

    /// How often two lengths were found, when `stream` comes in pieces of this size.
    fn found(stream: &str, piece: usize) -> usize {
        let mut framing = Framing::new(16 * 1024);
        stream
            .as_bytes()
            .chunks(piece)
            .filter(|bytes| framing.is_ambiguous(bytes))
            .count()
    }

    #[test]
    fn given_a_body_that_other_programs_read_otherwise_when_two_lengths_follow_then_they_are_found()
    {
        const CHUNKED_HEAD: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let check = |body: &str| {
            let stream = [CHUNKED_HEAD, body, BOTH].concat();
            for piece in [1, 7, stream.len()] {
                assert!(found(&stream, piece) > 0, "{body:?} by {piece}");
            }
        };
        check("00000000000000000\r\n\r\n");
        check("0\r\nX: y\n\nPOST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n");
        check("0\r\nX: y\r\n\r\n");
        check("nonsense\r\n");
    }

    proptest! {
        #[test]
        fn given_requests_in_any_order_when_they_come_in_pieces_then_only_two_lengths_are_found(
            requests in prop::collection::vec(prop::sample::select(vec![PLAIN, SIZED, CHUNKED]), 0..6),
            piece in 1_usize..80,
        ) {
            let stream = requests.concat();
            prop_assert_eq!(found(&stream, piece), 0, "{}", stream);
            prop_assert_eq!(found(&(stream.clone() + BOTH), piece), 1, "{}", stream);
        }

        #[test]
        fn given_any_bytes_when_read_then_it_does_not_panic_and_holds_little(
            bytes in prop::collection::vec(any::<u8>(), 0..2000),
            start in prop::sample::select(vec!["", SIZED, CHUNKED, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"]),
        ) {
            let mut framing = Framing::new(256);
            framing.is_ambiguous(start.as_bytes());
            for piece in bytes.chunks(100) {
                framing.is_ambiguous(piece);
                prop_assert!(framing.held.len() <= 256 + 100);
            }
        }
    }
}
