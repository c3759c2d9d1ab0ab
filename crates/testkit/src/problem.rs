//! What every error must look like, and what it must not say.

use serde_json::Value;

use crate::Answer;

/// Words of the inside, none of which an error may say to a client.
pub const INSIDE: [&str; 17] = [
    "mongo",
    "bson",
    "serde",
    "kafka",
    "rust",
    "tokio",
    "axum",
    "hyper",
    "struct ",
    "panic",
    "stack",
    "errno",
    "os error",
    "127.0.0.1",
    "e11000",
    "utf8error",
    ".rs:",
];

/// The word of the inside that `text` says, if it says one.
pub fn says_of_the_inside(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let word = INSIDE
        .iter()
        .find(|word| lower.contains(**word))
        .map(ToString::to_string);
    word.or_else(|| {
        let is_type = |word: &&str| {
            word.strip_prefix(['i', 'u', 'f'])
                .is_some_and(|bits| matches!(bits, "8" | "16" | "32" | "64" | "128" | "size"))
        };
        lower
            .split(|character: char| !character.is_ascii_alphanumeric())
            .find(is_type)
            .map(str::to_owned)
    })
}

impl Answer {
    /// Fails unless this is a problem document with this status; gives the document.
    pub fn problem(&self, status: u16) -> Value {
        let what = format!("{self}");
        assert_eq!(self.status, status, "{what}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{what}"
        );
        let document = self.json();
        let text = |field: &str| {
            let text = document[field].as_str();
            text.filter(|text| !text.is_empty())
                .unwrap_or_else(|| panic!("no {field} in {what}"))
        };
        assert!(text("type").starts_with("/problems/"), "{what}");
        assert!(!text("title").is_empty());
        assert!(!text("detail").is_empty());
        assert_eq!(document["status"], status, "{what}");
        assert_eq!(
            Some(text("instance")),
            self.header("x-request-id"),
            "{what}"
        );
        if status == 422 {
            let errors = document["errors"].as_array().map_or(&[][..], Vec::as_slice);
            assert!(!errors.is_empty(), "a 422 names the field: {what}");
            for error in errors {
                assert!(
                    error["field"].is_string() && error["message"].is_string(),
                    "{what}"
                );
            }
        }
        if status == 401 {
            assert!(
                self.header("www-authenticate").is_some(),
                "no WWW-Authenticate in {what}"
            );
        }
        if matches!(status, 429 | 503) {
            assert!(
                self.header("retry-after").is_some(),
                "no Retry-After in {what}"
            );
        }
        // The request's id is random, and may spell anything.
        let said = says_of_the_inside(&self.text().replace(text("instance"), ""));
        assert_eq!(said, None, "an error says something of the inside: {what}");
        document
    }

    /// Fails unless this is a problem document with this status and sentence.
    pub fn says(&self, status: u16, detail: &str) -> Value {
        let document = self.problem(status);
        assert_eq!(document["detail"], detail, "{self}");
        document
    }

    /// Fails unless this is a 422 that names `field`.
    pub fn names(&self, field: &str) -> Value {
        let document = self.problem(422);
        let named = document["errors"].as_array().is_some_and(|errors| {
            errors.iter().any(|error| {
                error["field"]
                    .as_str()
                    .is_some_and(|named| named == field || named.starts_with(field))
            })
        });
        assert!(named, "{field} is not named by {self}");
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_sentences_when_searched_for_the_inside_then_only_its_words_are_found() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(says_of_the_inside(text).as_deref(), expected, "{text}");
        };
        check("The requested product does not exist.", None);
        check("invalid type: string, expected i64", Some("i64"));
        check("a structure of 64 pieces", None);
        check("MongoDB is away", Some("mongo"));
    }
}
