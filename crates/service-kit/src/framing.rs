//! Detects requests with both a Content-Length and a Transfer-Encoding.
//!
//! Two servers can disagree about where such a request ends, so that one reads as a request what the
//! other read as a body: request smuggling (RFC 9112, 6.1 and 11.2). hyper removes the length before
//! middleware sees the request, so this parses the headers a second time from the raw bytes. Input
//! that it cannot parse counts as ambiguous.

use httparse::{EMPTY_HEADER, Request, Status};

/// hyper's maximum number of headers.
const MAX_HEADERS: usize = 100;

/// The parser state of one connection.
pub(crate) struct Framing {
    expects: Element,
    /// The received part of an incomplete head, chunk size or trailer.
    buffer: Vec<u8>,
    max_buffer: usize,
}

/// The element of the protocol to which the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Head,
    /// A body with this number of bytes left.
    Sized(u64),
    ChunkSize,
    Chunk(u64),
    Trailers,
    /// The parser lost track of the input.
    Unreadable,
}

impl Framing {
    /// The start of a connection; `max_head` is the maximum size of request headers in bytes.
    pub(crate) fn new(max_head: usize) -> Self {
        Self {
            expects: Element::Head,
            buffer: Vec::new(),
            max_buffer: max_head,
        }
    }

    /// Parses the next bytes; `true` if a request in them has two lengths or cannot be parsed.
    pub(crate) fn is_ambiguous(&mut self, mut bytes: &[u8]) -> bool {
        let mut ambiguous = false;
        while !bytes.is_empty() {
            bytes = match self.expects {
                Element::Unreadable => return true,
                Element::Sized(left) => self.skip(bytes, left, Element::Head, Element::Sized),
                Element::Chunk(left) => self.skip(bytes, left, Element::ChunkSize, Element::Chunk),
                Element::Head | Element::ChunkSize | Element::Trailers => {
                    let (rest, found) = self.parse(bytes);
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
        next: Element,
        same: fn(u64) -> Element,
    ) -> &'a [u8] {
        let skipped = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - skipped as u64;
        self.expects = if left == 0 { next } else { same(left) };
        &bytes[skipped..]
    }

    /// Parses a head, chunk size or trailer if it is complete. Returns the bytes after it, and whether
    /// its head has both a `Content-Length` and a `Transfer-Encoding`.
    fn parse<'a>(&mut self, bytes: &'a [u8]) -> (&'a [u8], bool) {
        let before = self.buffer.len();
        self.buffer.extend_from_slice(bytes);
        let read = match self.expects {
            Element::Head => head(&self.buffer),
            Element::ChunkSize => chunk_size(&self.buffer),
            _ => trailers(&self.buffer),
        };
        let (next, length, ambiguous) = match read {
            Ok(Status::Complete(read)) => read,
            Ok(Status::Partial) if self.buffer.len() <= self.max_buffer => return (&[], false),
            Ok(Status::Partial) | Err(_) => (Element::Unreadable, self.buffer.len(), true),
        };
        self.expects = next;
        self.buffer.clear();
        // The buffered bytes were incomplete, so the end is in the new bytes.
        (&bytes[length.saturating_sub(before)..], ambiguous)
    }
}

/// The next element, the number of parsed bytes, and whether there were two lengths.
type Parsed = (Element, usize, bool);

fn head(bytes: &[u8]) -> httparse::Result<Parsed> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    let Status::Complete(length) = request.parse(bytes)? else {
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
    let content_length = value("content-length");
    let next = match content_length {
        _ if is_chunked => Element::ChunkSize,
        None => Element::Head,
        Some(length) => match std::str::from_utf8(length).map(str::parse) {
            Ok(Ok(0)) => Element::Head,
            Ok(Ok(size)) => Element::Sized(size),
            _ => Element::Unreadable,
        },
    };
    Ok(Status::Complete((
        next,
        length,
        is_chunked && content_length.is_some(),
    )))
}

fn chunk_size(bytes: &[u8]) -> httparse::Result<Parsed> {
    let Ok(read) = httparse::parse_chunk_size(bytes) else {
        return Err(httparse::Error::Token);
    };
    Ok(match read {
        Status::Partial => Status::Partial,
        Status::Complete((length, 0)) => Status::Complete((Element::Trailers, length, false)),
        // Each chunk ends with a line break.
        Status::Complete((length, size)) => {
            Status::Complete((Element::Chunk(size.saturating_add(2)), length, false))
        }
    })
}

/// Parses trailers up to an empty line. A line feed alone is refused: hyper reads it as a part of the
/// line, other servers as its end.
fn trailers(bytes: &[u8]) -> httparse::Result<Parsed> {
    let mut length = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        length += line.len();
        match line {
            b"\r\n" => return Ok(Status::Complete((Element::Head, length, false))),
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

    /// The number of detections when `stream` arrives in chunks of this size.
    fn detections(stream: &str, size: usize) -> usize {
        let mut framing = Framing::new(16 * 1024);
        stream
            .as_bytes()
            .chunks(size)
            .filter(|bytes| framing.is_ambiguous(bytes))
            .count()
    }

    #[test]
    fn given_a_body_that_servers_parse_differently_when_two_lengths_follow_then_they_are_detected()
    {
        const CHUNKED_HEAD: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let check = |body: &str| {
            let stream = [CHUNKED_HEAD, body, BOTH].concat();
            for size in [1, 7, stream.len()] {
                assert!(detections(&stream, size) > 0, "{body:?} by {size}");
            }
        };
        check("00000000000000000\r\n\r\n");
        check("0\r\nX: y\n\nPOST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n");
        check("0\r\nX: y\r\n\r\n");
        check("nonsense\r\n");
    }

    proptest! {
        #[test]
        fn given_requests_in_any_order_when_they_arrive_in_chunks_then_only_two_lengths_are_detected(
            requests in prop::collection::vec(prop::sample::select(vec![PLAIN, SIZED, CHUNKED]), 0..6),
            chunk_size in 1_usize..80,
        ) {
            let stream = requests.concat();
            prop_assert_eq!(detections(&stream, chunk_size), 0, "{}", stream);
            prop_assert_eq!(detections(&(stream.clone() + BOTH), chunk_size), 1, "{}", stream);
        }

        #[test]
        fn given_any_bytes_when_parsed_then_it_does_not_panic_and_the_buffer_is_bounded(
            bytes in prop::collection::vec(any::<u8>(), 0..2000),
            start in prop::sample::select(vec!["", SIZED, CHUNKED, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"]),
        ) {
            let mut framing = Framing::new(256);
            framing.is_ambiguous(start.as_bytes());
            for chunk in bytes.chunks(100) {
                framing.is_ambiguous(chunk);
                prop_assert!(framing.buffer.len() <= 256 + 100);
            }
        }
    }
}
