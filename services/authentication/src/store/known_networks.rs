//! Where accounts have logged in from lately.
//!
//! Only a hash is kept, which is enough to recognise a network and says nothing at a glance. It is
//! made from the e-mail and not from the account's id, so that whether there is an account makes no
//! difference to the question.

use domain::Email;
use jiff::Timestamp;
use mongo::StoreError;
use mongodb::bson::{Binary, DateTime, doc};
use serde::{Deserialize, Serialize};
use service_kit::client::Network;
use sha2::{Digest, Sha256};

use super::{Store, binary, date};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KnownNetworkDocument {
    #[serde(rename = "_id")]
    id: Binary,
    expires_at: DateTime,
}

impl Store {
    /// Whether this account has logged in from this network lately.
    pub(crate) async fn is_known_network(
        &self,
        email: &Email,
        network: Network,
    ) -> Result<bool, StoreError> {
        let wanted = doc! { "_id": id(email, network) };
        let found = self
            .ask(&self.known_networks, |networks| async move {
                networks.find_one(wanted).await
            })
            .await?;
        Ok(found.is_some())
    }

    /// Keeps in mind until `until` that this account has logged in from this network.
    pub(crate) async fn remember_network(
        &self,
        email: &Email,
        network: Network,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let this = doc! { "_id": id(email, network) };
        let update = doc! { "$set": { "expires_at": date(until) } };
        self.ask(&self.known_networks, |networks| async move {
            networks.update_one(this, update).upsert(true).await
        })
        .await?;
        Ok(())
    }
}

/// No e-mail has a space in it.
fn id(email: &Email, network: Network) -> Binary {
    binary(Sha256::digest(format!("{email} {network}")).into())
}
