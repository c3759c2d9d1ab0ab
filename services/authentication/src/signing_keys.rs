//! Reloading the signing keys from their files.

use std::time::Duration;

use identity::{Issuer, SigningSettings, Verifier};
use runtime::lifecycle::error_chain;
use tokio_util::sync::CancellationToken;

const RELOAD_INTERVAL: Duration = Duration::from_secs(5);

/// Reads the key files again until `stop` and replaces the keys of `issuer` when they have changed, so
/// that a rotation needs no restart.
pub(crate) async fn reload(
    settings: SigningSettings,
    issuer: Issuer,
    verifier: Verifier,
    stop: CancellationToken,
) {
    let mut last_error = None;
    while stop
        .run_until_cancelled(tokio::time::sleep(RELOAD_INTERVAL))
        .await
        .is_some()
    {
        match settings.issuer() {
            Ok(current) => {
                last_error = None;
                if issuer.replace_keys(&current) {
                    verifier.clear_cache();
                    tracing::info!(target: "audit", "the token keys have changed");
                }
            }
            // A rotation replaces several files, so it may be incomplete. Each reason is logged once.
            Err(error) => {
                let reason = error_chain(&error);
                if last_error.as_ref() != Some(&reason) {
                    tracing::error!(
                        reason,
                        "cannot reload the token keys; keeping the current ones"
                    );
                    last_error = Some(reason);
                }
            }
        }
    }
}
