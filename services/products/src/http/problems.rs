//! The problems of this service's errors.

use domain::NameError;
use service_kit::problem::Problem;

use crate::catalogue::RuleError;
use crate::changing::{ChangeError, CreateError};
use crate::ports::StoreError;

pub(super) fn unknown_product() -> Problem {
    Problem::unknown("product")
}

pub(super) fn unknown_category() -> Problem {
    Problem::unknown("category")
}

pub(super) fn product_not_created(error: CreateError) -> Problem {
    not_created(error, "Product already exists", "product-exists")
}

pub(super) fn category_not_created(error: CreateError) -> Problem {
    not_created(error, "Category already exists", "category-exists")
}

fn not_created(error: CreateError, exists: &str, kind: &str) -> Problem {
    match error {
        CreateError::Exists => Problem::bad_request(exists).of_kind(kind),
        CreateError::UnknownCategory => unknown_category(),
        CreateError::Store(error) => error.into(),
    }
}

pub(super) fn invalid_name(error: NameError) -> Problem {
    Problem::bad_request(error.to_string())
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
            RuleError::Text(invalid) => return invalid_name(invalid),
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

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::dependency_failed(&error, error.is_retryable())
    }
}
