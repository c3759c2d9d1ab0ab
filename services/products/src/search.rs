//! The words by which a product is found: lower case, without accents.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The words of the texts of a product, each once.
pub fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        let folded: String = text
            .nfkd()
            .filter(|c| !is_combining_mark(*c))
            .collect::<String>()
            .to_lowercase();
        found.extend(
            folded
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_owned),
        );
    }
    found.into_iter().collect()
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
}
