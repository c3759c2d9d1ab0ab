//! Errors as problems.

use domain::NameError;
use service_kit::problem::Problem;

use crate::catalogue::RuleError;
use crate::changing::{ChangeError, CreateError};
use crate::ports::{ListError, StoreError};

pub(super) fn unknown_product() -> Problem {
    Problem::unknown("product")
}

pub(super) fn unknown_category() -> Problem {
    Problem::unknown("category")
}

/// The problem of a product or category that was not created. `detail` and `kind` apply if it exists.
pub(super) fn not_created(error: CreateError, detail: &str, kind: &str) -> Problem {
    match error {
        CreateError::Exists => Problem::bad_request(detail).of_kind(kind),
        CreateError::UnknownCategory => unknown_category(),
        CreateError::Store(error) => error.into(),
    }
}

pub(super) fn invalid_category_name(error: NameError) -> Problem {
    invalid_text("A category's name", error)
}

fn invalid_text(subject: &str, error: NameError) -> Problem {
    Problem::bad_request(match error {
        NameError::Length { max } => format!("{subject} has 1 to {max} characters."),
        NameError::Invisible => format!("{subject} has no control characters or line breaks."),
    })
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::UnknownProduct => unknown_product(),
            ChangeError::UnknownCategory => unknown_category(),
            ChangeError::Rule(rule) => rule.into(),
            ChangeError::KeyReused => Self::key_reused("change"),
            ChangeError::Store(error) => error.into(),
        }
    }
}

impl From<RuleError> for Problem {
    fn from(error: RuleError) -> Self {
        let detail = match error {
            RuleError::Name(error) => return invalid_text("A product's name", error),
            RuleError::Description(error) => return invalid_text("A description", error),
            RuleError::Price => {
                "A price is a number from 0.01 to 99999999.99 with at most two decimals."
            }
            RuleError::Quantity => "The quantity is a whole number from 0 to 2147483647.",
            RuleError::Categories => "A product has 1 to 10 categories.",
            RuleError::NothingToChange => "Nothing to change.",
            RuleError::StockTooLow => "The stock cannot go below zero.",
            RuleError::StockTooHigh => "The stock cannot go above 2147483647.",
        };
        Self::bad_request(detail)
    }
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::UnknownCategory => unknown_category(),
            ListError::ExpiredCursor => Self::invalid(
                "cursor",
                "has expired, because many prices have changed; start again with the first page",
            ),
            ListError::OlderState => Self::dependency_failed(&error, true),
            ListError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::dependency_failed(&error, error.is_retryable())
    }
}

#[cfg(test)]
mod tests {
    use domain::{CategoryName, Description, ProductName};

    use super::*;

    #[test]
    fn given_invalid_texts_when_refused_then_the_detail_names_the_field_and_the_rule() {
        let check = |problem: Problem, detail: &str| {
            assert_eq!((problem.status, problem.detail.as_str()), (400, detail));
        };
        let name = |text: &str| RuleError::Name(ProductName::parse(text).unwrap_err()).into();
        check(name(""), "A product's name has 1 to 100 characters.");
        let invisible = "A product's name has no control characters or line breaks.";
        check(name("a\nb"), invisible);
        let description = Description::parse(&"x".repeat(2001)).unwrap_err();
        check(
            RuleError::Description(description).into(),
            "A description has 1 to 2000 characters.",
        );
        check(
            invalid_category_name(CategoryName::parse(" ").unwrap_err()),
            "A category's name has 1 to 100 characters.",
        );
    }
}
