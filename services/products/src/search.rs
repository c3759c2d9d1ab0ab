//! The words by which a product is found, and the key by which it has its place among names: lower
//! case, without accents.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Names are told apart by this much of them, which a cursor has room for.
const LONGEST_KEY: usize = 120;

/// The words of the texts of a product, each once.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
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

/// What puts names in the order that a person expects: cafe beside café, 9 before 10.
pub fn name_key(name: &str) -> String {
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
        // A number with more digits is a greater one. Writing to a string cannot fail.
        let _ = write!(key, "{:04}{digits}", digits.len());
        rest = after;
    }
    key.push_str(rest);
    key.chars().take(LONGEST_KEY).collect()
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
    fn given_names_when_put_in_order_then_it_is_the_one_that_a_person_expects() {
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
        assert!(name_key(&"\u{fdfa}".repeat(100)).chars().count() <= LONGEST_KEY);
    }
}
