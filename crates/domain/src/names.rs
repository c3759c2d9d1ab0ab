//! Names and descriptions: trimmed, in Unicode's normal form C, of any script, without
//! characters that cannot be seen.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// Why a text is not a name or description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty after trimming, or too long.
    #[error("the text is empty or longer than {max} characters")]
    Length {
        /// The maximum number of characters.
        max: usize,
    },
    /// It contains a control, format or line-separator character.
    #[error("the text has a control character or a line break")]
    Invisible,
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $max:literal, $normal:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Trims, normalises and checks a text.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                let normal: fn(&str) -> String = $normal;
                check(normal(text.trim()), $max).map(Self)
            }

            /// Returns the normalised text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": $max })
            }
        }
    };
}

text!(
    /// A product's name, which identifies it in the API: compared without regard to case, kept in lower case.
    ProductName, 100, |text| composed(text.to_lowercase())
);
text!(
    /// A category's name, which identifies it in the API: compared without regard to case, kept in lower case.
    CategoryName, 100, |text| composed(text.to_lowercase())
);
text!(
    /// A product's description.
    Description, 2000, |text| composed(text.to_owned())
);

/// Returns the normal form C. Most text already has it, and to see that is much faster than to compose
/// it. Every event and request with names comes through here.
fn composed(text: String) -> String {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text,
        IsNormalized::No | IsNormalized::Maybe => text.nfc().collect(),
    }
}

fn check(text: String, max: usize) -> Result<String, NameError> {
    if !(1..=max).contains(&text.chars().count()) {
        return Err(NameError::Length { max });
    }
    if text.chars().any(is_invisible) {
        return Err(NameError::Invisible);
    }
    Ok(text)
}

/// Control and format characters, line and paragraph separators (the categories Cc, Cf, Zl and Zp of the
/// Unicode Character Database). To search for the category of every character would be slow.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
          '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'..='\u{891}'
        | '\u{8e2}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{110bd}'
        | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0001}'
        | '\u{e0020}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

    #[test]
    fn given_texts_when_parsed_as_names_then_only_visible_ones_within_the_length_pass() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(
                ProductName::parse(text)
                    .ok()
                    .as_ref()
                    .map(ProductName::as_str),
                expected,
                "{text:?}"
            );
        };
        check("  Chair ", Some("chair"));
        check("Cafe\u{301} Crème", Some("caf\u{e9} crème"));
        check("椅子 (.*)", Some("椅子 (.*)"));
        check("", None);
        check("   ", None);
        check("a\u{0}b", None);
        check("a\u{200b}b", None);
        check("a\u{2028}b", None);
        check("a\nb", None);
        check(&"x".repeat(100), Some(&"x".repeat(100)));
        check(&"x".repeat(101), None);
    }

    #[test]
    fn given_all_characters_when_tested_then_those_of_four_categories_are_invisible() {
        for character in '\0'..=char::MAX {
            let has_invisible_category = matches!(
                character.general_category(),
                GeneralCategory::Control
                    | GeneralCategory::Format
                    | GeneralCategory::LineSeparator
                    | GeneralCategory::ParagraphSeparator
            );
            assert_eq!(
                is_invisible(character),
                has_invisible_category,
                "{character:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn given_any_text_when_composed_then_it_is_in_normal_form_c(
            text in "\\PC{0,20}|[aeo\u{300}-\u{330}\u{1100}-\u{11ff}\u{212b}]{0,8}",
        ) {
            let expected: String = text.nfc().collect();
            prop_assert_eq!(composed(text), expected);
        }

        #[test]
        fn given_any_valid_name_when_parsed_again_then_it_is_the_same(text in "\\PC{1,60}") {
            if let Ok(name) = ProductName::parse(&text) {
                prop_assert_eq!(ProductName::parse(name.as_str()), Ok(name.clone()));
            }
        }
    }
}
