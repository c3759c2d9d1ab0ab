//! Positions in the change stream.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A position in the change stream: the data of a resume token. Positions are ordered as in the
/// history, which is a documented property of resume tokens:
/// <https://www.mongodb.com/docs/manual/changeStreams/#resume-tokens>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(Box<[u8]>);

/// The maximum length of an event id; those of this service are shorter.
const MAX_LENGTH: usize = 512;

impl Position {
    /// Parses the data of a resume token, which is hexadecimal.
    pub(crate) fn from_token_data(data: &str) -> Option<Self> {
        hex::decode(data).ok().map(|bytes| Self(bytes.into()))
    }

    /// Returns the data of the resume token.
    pub(crate) fn token_data(&self) -> String {
        hex::encode_upper(&self.0)
    }

    /// Parses an event id.
    pub(crate) fn parse(id: &str) -> Option<Self> {
        if id.is_empty() || id.len() > MAX_LENGTH {
            return None;
        }
        URL_SAFE_NO_PAD
            .decode(id)
            .ok()
            .map(|bytes| Self(bytes.into()))
    }
}

impl fmt::Display for Position {
    /// Writes the event id.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_resume_tokens_when_sent_as_event_ids_then_they_are_parsed_back_in_the_same_order() {
        let early = Position::from_token_data("826904D2A1000000012B0229296E04").expect("hex");
        let late = Position::from_token_data("826904D2A1000000022B0229296E04").expect("hex");
        assert!(early < late);
        assert_eq!(Position::parse(&early.to_string()), Some(early.clone()));
        assert_eq!(early.token_data(), "826904D2A1000000012B0229296E04");
    }

    #[test]
    fn given_an_invalid_event_id_when_parsed_then_it_is_refused() {
        for id in ["", "ä", "a b", "=", &"A".repeat(600)] {
            assert_eq!(Position::parse(id), None, "{id}");
        }
    }
}
