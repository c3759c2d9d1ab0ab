//! The readiness probe of a database member, without the server's own shell: that one needs most of a CPU
//! second for each question.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ServerAddress};

/// Shorter than the timeout of the probe, so that the message says why.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Fails unless the server at `address` serves reads: it is the primary, or a secondary that has caught up.
pub(crate) async fn check_ready(address: &str) -> Result<()> {
    let mut options = ClientOptions::builder()
        .hosts(vec![ServerAddress::parse(address)?])
        .direct_connection(true)
        .server_selection_timeout(TIMEOUT)
        .connect_timeout(TIMEOUT)
        .build();
    options.app_name = Some("readiness".to_owned());
    let admin = Client::with_options(options)?.database("admin");
    let hello = admin.run_command(doc! { "hello": 1 }).await;
    let hello = hello.with_context(|| format!("cannot reach MongoDB at {address}"))?;
    if serves_reads(&hello) {
        return Ok(());
    }
    bail!(
        "the member at {address} is neither primary nor secondary yet: it has no replica set, or copies data"
    )
}

fn serves_reads(hello: &Document) -> bool {
    let is = |key| hello.get_bool(key).unwrap_or_default();
    is("isWritablePrimary") || is("secondary")
}

/// Copies this program into `folder`, for the probe of a container whose image does not contain it.
pub(crate) fn install(folder: &Path) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let copy = folder.join("setup");
    std::fs::copy(&program, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_the_states_of_a_member_when_probed_then_only_one_that_serves_reads_is_ready() {
        let primary = doc! { "isWritablePrimary": true, "secondary": false };
        let secondary = doc! { "isWritablePrimary": false, "secondary": true };
        let copies_data =
            doc! { "isWritablePrimary": false, "secondary": false, "setName": "rs-orders" };
        let has_no_replica_set = doc! { "isWritablePrimary": false, "isreplicaset": true };
        assert!(serves_reads(&primary));
        assert!(serves_reads(&secondary));
        assert!(!serves_reads(&copies_data));
        assert!(!serves_reads(&has_no_replica_set));
    }

    #[tokio::test]
    async fn given_no_server_when_probed_then_the_error_says_what_was_not_reached() {
        let error = check_ready("127.0.0.1:1")
            .await
            .expect_err("nothing listens there");
        assert_eq!(error.to_string(), "cannot reach MongoDB at 127.0.0.1:1");
    }

    #[test]
    fn given_a_directory_when_installed_then_it_contains_this_program() {
        let directory = tempfile::tempdir().expect("a directory");
        install(directory.path()).expect("it is copied");
        let copy = std::fs::metadata(directory.path().join("setup")).expect("the copy");
        let program = std::env::current_exe().expect("this program");
        assert_eq!(copy.len(), program.metadata().expect("this program").len());
    }
}
