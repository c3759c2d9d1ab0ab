//! A place in the history of changes.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A place in the history of changes: what the database calls a resume token. Places compare
/// as they come in history (the tokens' documented property:
/// <https://www.mongodb.com/docs/manual/changeStreams/#resume-tokens>).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(Box<[u8]>);

/// Longer ones than ours were not made here.
const LONGEST: usize = 512;

impl Position {
    /// The place of a token's data, which is hex digits.
    pub fn from_token_data(data: &str) -> Option<Self> {
        hex::decode(data).ok().map(|bytes| Self(bytes.into()))
    }

    /// The token's data.
    pub fn token_data(&self) -> String {
        hex::encode_upper(&self.0)
    }

    /// Reads what a client sent back.
    pub fn parse(id: &str) -> Option<Self> {
        if id.is_empty() || id.len() > LONGEST {
            return None;
        }
        URL_SAFE_NO_PAD
            .decode(id)
            .ok()
            .map(|bytes| Self(bytes.into()))
    }
}

impl fmt::Display for Position {
    /// As a client gets it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_tokens_when_a_client_brings_them_back_then_they_are_the_same_and_in_the_same_order() {
        let early = Position::from_token_data("826904D2A1000000012B0229296E04").expect("hex");
        let late = Position::from_token_data("826904D2A1000000022B0229296E04").expect("hex");
        assert!(early < late);
        assert_eq!(Position::parse(&early.to_string()), Some(early.clone()));
        assert_eq!(early.token_data(), "826904D2A1000000012B0229296E04");
    }

    #[test]
    fn given_what_is_no_position_when_read_then_it_is_refused() {
        for id in ["", "ä", "a b", "=", &"A".repeat(600)] {
            assert_eq!(Position::parse(id), None, "{id}");
        }
    }
}
