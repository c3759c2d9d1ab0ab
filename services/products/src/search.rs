//! The search words and the sort key by name of a product: lower case, without accents.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// In characters; a cursor contains the key.
const MAX_KEY_LENGTH: usize = 120;

/// Returns the words of a product's texts without duplicates.
pub(crate) fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        found.extend(
            folded(text)
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_owned),
        );
    }
    found.into_iter().collect()
}

/// Returns the key that sorts names as people expect: cafe beside café, 9 before 10.
pub(crate) fn name_key(name: &str) -> String {
    let mut key = String::new();
    let name = folded(name);
    let mut rest = name.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(number.len());
        let (digits, after) = number.split_at(end);
        let digits = digits.trim_start_matches('0');
        key.push_str(before);
        // A number with more digits is greater. Writing to a string cannot fail.
        let _ = write!(key, "{:04}{digits}", digits.len());
        rest = after;
    }
    key.push_str(rest);
    key.chars().take(MAX_KEY_LENGTH).collect()
}

fn folded(text: &str) -> String {
    text.nfkd()
        .filter(|c| !is_combining_mark(*c))
        .collect::<String>()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_texts_when_folded_then_case_and_accents_do_not_matter() {
        assert_eq!(
            words(["Crème-brûlée", "ÉCLAIR, éclair"]),
            ["brulee", "creme", "eclair"]
        );
        assert_eq!(words(["(.*) $ne"]), ["ne"]);
        assert!(words(["***"]).is_empty());
    }

    #[test]
    fn given_names_when_sorted_then_accents_and_leading_zeros_do_not_matter() {
        let expected = [
            "9 lives",
            "10 lives",
            "cafe",
            "café noir",
            "cafe olé",
            "chair 2",
            "chair 007",
            "chair 10",
            "chair 1000000000000000000000000",
            "éclair",
            "椅子",
        ];
        let mut names = expected;
        names.sort_by_key(|name| std::cmp::Reverse(*name));
        names.sort_by_key(|name| name_key(name));
        assert_eq!(names, expected);
        assert!(name_key(&"\u{fdfa}".repeat(100)).chars().count() <= MAX_KEY_LENGTH);
    }
}
