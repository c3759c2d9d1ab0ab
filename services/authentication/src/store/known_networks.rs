//! The networks from which accounts have logged in recently.
//!
//! Only a hash is stored, which is enough to recognise a network. It contains the e-mail and not the
//! id of the account, so that a query works the same if the account does not exist.

use domain::Email;
use jiff::Timestamp;
use mongo::StoreError;
use mongo::time::date;
use mongodb::bson::{Binary, DateTime, doc};
use serde::{Deserialize, Serialize};
use service_kit::client::Network;
use sha2::{Digest, Sha256};

use super::{Store, binary};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KnownNetworkDocument {
    #[serde(rename = "_id")]
    id: Binary,
    expires_at: DateTime,
}

impl Store {
    /// Whether the account has logged in from this network recently.
    pub(crate) async fn is_known_network(
        &self,
        email: &Email,
        network: Network,
    ) -> Result<bool, StoreError> {
        let filter = doc! { "_id": id(email, network) };
        let found = self
            .run(&self.known_networks, |networks| async move {
                networks.find_one(filter).max_time(mongo::time_left()).await
            })
            .await?;
        Ok(found.is_some())
    }

    /// Stores until `until` that the account has logged in from this network.
    pub(crate) async fn remember_network(
        &self,
        email: &Email,
        network: Network,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let filter = doc! { "_id": id(email, network) };
        let update = doc! { "$set": { "expires_at": date(until) } };
        self.run(&self.known_networks, |networks| async move {
            networks.update_one(filter, update).upsert(true).await
        })
        .await?;
        Ok(())
    }
}

/// E-mails contain no space, so the pair is unambiguous.
fn id(email: &Email, network: Network) -> Binary {
    binary(&Sha256::digest(format!("{email} {network}")))
}
