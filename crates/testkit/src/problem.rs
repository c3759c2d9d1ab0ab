//! The form of every error response, and words that it must not contain.

use serde_json::Value;

use crate::client::Response;

/// Words about internals that no response may contain.
pub const INTERNALS: [&str; 17] = [
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

/// Returns the first word about internals in `text`: one of [`INTERNALS`] or a Rust number type.
pub fn leaks_internals(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let is_number_type = |word: &&str| {
        word.strip_prefix(['i', 'u', 'f'])
            .is_some_and(|bits| matches!(bits, "8" | "16" | "32" | "64" | "128" | "size"))
    };
    let mut words = lower.split(|character: char| !character.is_ascii_alphanumeric());
    let internal = INTERNALS.into_iter().find(|word| lower.contains(word));
    internal
        .or_else(|| words.find(is_number_type))
        .map(str::to_owned)
}

impl Response {
    /// Panics unless this is a valid problem document with this status; returns the document.
    pub fn expect_problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self}");
        let content_type = self.header("content-type");
        assert_eq!(content_type, Some("application/problem+json"), "{self}");
        let document = self.json();
        let text = |field: &str| {
            let text = document[field].as_str();
            text.filter(|text| !text.is_empty())
                .unwrap_or_else(|| panic!("no {field} in {self}"))
        };
        assert!(text("type").starts_with("/problems/"), "{self}");
        assert!(!text("title").is_empty());
        assert!(!text("detail").is_empty());
        assert_eq!(document["status"], status, "{self}");
        let instance = text("instance");
        assert_eq!(Some(instance), self.header("x-request-id"), "{self}");
        if status == 422 {
            let errors = document["errors"].as_array().map_or(&[][..], Vec::as_slice);
            assert!(!errors.is_empty(), "no field is named in {self}");
            for error in errors {
                assert!(
                    error["field"].is_string() && error["message"].is_string(),
                    "{self}"
                );
            }
        }
        let required = match status {
            401 => Some("www-authenticate"),
            429 | 503 => Some("retry-after"),
            _ => None,
        };
        if let Some(header) = required {
            assert!(self.header(header).is_some(), "no {header} in {self}");
        }
        // The request id is random, so it may contain any word.
        let leak = leaks_internals(&self.text().replace(instance, ""));
        assert_eq!(leak, None, "the error leaks internals: {self}");
        document
    }

    /// Panics unless this is a problem document with this status and detail; returns the document.
    pub fn expect_detail(&self, status: u16, detail: &str) -> Value {
        let document = self.expect_problem(status);
        assert_eq!(document["detail"], detail, "{self}");
        document
    }

    /// Panics unless this is a 422 that names `field` or a part of it; returns the document.
    pub fn expect_field_error(&self, field: &str) -> Value {
        let document = self.expect_problem(422);
        let mut errors = document["errors"].as_array().into_iter().flatten();
        let is_named = |error: &Value| {
            let named = error["field"].as_str();
            named.is_some_and(|named| named.starts_with(field))
        };
        assert!(errors.any(is_named), "{field} is not named in {self}");
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_texts_when_searched_for_internals_then_only_words_about_internals_are_found() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(leaks_internals(text).as_deref(), expected, "{text}");
        };
        check("The requested product does not exist.", None);
        check("invalid type: string, expected i64", Some("i64"));
        check("a structure of 64 parts", None);
        check("MongoDB is unavailable", Some("mongo"));
    }
}
