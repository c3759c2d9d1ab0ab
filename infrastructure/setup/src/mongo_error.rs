//! Classifies the MongoDB driver's errors: retry, or fail.

use anyhow::{Result, bail};
use mongodb::error::{Error, ErrorKind};

use crate::retry::Attempt;

/// An error of the driver, shown as the server's own message without the text that the driver adds.
#[derive(Debug, thiserror::Error)]
#[error("{}", reason(.0))]
pub(crate) struct MongoError(pub(crate) Error);

/// From `error_codes.yml` in MongoDB's source.
const AUTHENTICATION_FAILED: i32 = 18;
/// From the same file.
pub(crate) const INVALID_CONFIG: i32 = 93;

/// Whether the cause is an error of a server that a later attempt may not get. Contradictions of the
/// settings and the data have no such cause.
pub(crate) fn is_transient(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let own = cause.downcast_ref::<MongoError>().map(|error| &error.0);
        let driver = own.or_else(|| cause.downcast_ref::<Error>());
        driver.is_some_and(|error| code(error) != Some(INVALID_CONFIG))
    })
}

/// Every error can be transient, except that the server refuses the password of `root`.
pub(crate) fn attempt<T>(outcome: Result<T, Error>) -> Result<Attempt<T>> {
    match outcome {
        Ok(value) => Ok(Attempt::Done(value)),
        Err(error) if is_authentication_failure(&error) => bail!(WRONG_ROOT_PASSWORD),
        Err(error) => Ok(Attempt::Failed(MongoError(error).into())),
    }
}

pub(crate) const WRONG_ROOT_PASSWORD: &str = "the password of the user root does not match the database: restore \
     the original secret, or delete the volume if its data is not needed";

pub(crate) fn is_authentication_failure(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Authentication { .. })
        || code(error) == Some(AUTHENTICATION_FAILED)
        // Server selection reports a failed login only as text.
        || reason(error).contains("Authentication failed")
}

fn reason(error: &Error) -> String {
    match &*error.kind {
        ErrorKind::Command(command) => command.message.clone(),
        kind => selection_failure(&kind.to_string()).to_owned(),
    }
}

pub(crate) fn code(error: &Error) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

/// Extracts why server selection failed from the driver's description of the topology.
fn selection_failure(text: &str) -> &str {
    let after = text.split_once("Error: Kind: ").map(|(_, after)| after);
    after
        .and_then(|after| after.split_once(", labels:"))
        .map_or(text, |(reason, _)| reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_errors_of_the_set_up_when_classified_then_only_those_of_a_server_are_transient() {
        let driver = || Error::custom("the node is not primary");
        let with_context = anyhow::Error::from(driver()).context("cannot add orders-1:27017");
        assert!(is_transient(&with_context));
        assert!(is_transient(&MongoError(driver()).into()));
        assert!(!is_transient(&anyhow::anyhow!(WRONG_ROOT_PASSWORD)));
    }

    #[test]
    fn given_a_driver_error_when_the_reason_is_extracted_then_only_the_cause_remains() {
        let long = "Server selection timeout: No available servers. Topology: { Type: Single, \
                    Servers: [ { Address: a:1, Type: Unknown, Error: Kind: I/O error: Connection \
                    refused (os error 111), labels: {}, source: None } ] }";
        assert_eq!(
            selection_failure(long),
            "I/O error: Connection refused (os error 111)"
        );
        assert_eq!(selection_failure("not master"), "not master");
    }
}
