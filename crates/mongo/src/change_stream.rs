//! Reading change streams.

use mongodb::bson::Timestamp;
use mongodb::change_stream::event::ResumeToken;

/// The logical time in a resume token; `None` if the server has another format for it. All changes
/// before it were read.
pub fn token_time(token: &ResumeToken) -> Option<Timestamp> {
    let token = mongodb::bson::serialize_to_document(token).ok()?;
    // After the tag of a timestamp, its seconds and its counter in hexadecimal.
    let time = token.get_str("_data").ok()?.strip_prefix("82")?;
    let number = |digits: Option<&str>| u32::from_str_radix(digits?, 16).ok();
    Some(Timestamp {
        time: number(time.get(..8))?,
        increment: number(time.get(8..16))?,
    })
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{deserialize_from_document, doc};

    use super::*;

    #[test]
    fn given_resume_tokens_when_read_then_their_time_is_known() {
        let time_of = |data: &str| {
            let token = deserialize_from_document(doc! { "_data": data });
            token_time(&token.expect("a token"))
        };
        let expected = Some(Timestamp {
            time: 0x6904_d2a1,
            increment: 2,
        });
        assert_eq!(time_of("826904D2A1000000022B0229296E04"), expected);
        for data in [
            "",
            "82",
            "826904D2A1",
            "836904D2A1000000022B",
            "82ä904D2A100000002",
        ] {
            assert_eq!(time_of(data), None, "{data}");
        }
    }
}
