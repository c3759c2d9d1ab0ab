//! What each user of the broker may do.

use anyhow::Result;
use messaging::access;
use messaging::settings::KafkaSettings;

use crate::console::print_line;
use crate::retry::{Attempt, Retry};

/// Creates the missing rules. A broker that has not been restarted with an authorizer yet refuses them.
pub(crate) async fn prepare(kafka: &KafkaSettings, retry: Retry) -> Result<()> {
    let failure = "cannot create the access rules of Kafka; all of its members must run with the settings of this release";
    retry
        .until_done(failure, async || {
            match access::allow_users(kafka, "products", "orders").await {
                Ok(()) => Ok(Attempt::Done(())),
                Err(error) => Ok(Attempt::Failed(error.into())),
            }
        })
        .await?;
    print_line("the access rules of Kafka exist");
    Ok(())
}
