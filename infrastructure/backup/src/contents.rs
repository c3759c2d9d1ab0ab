//! What a backup contains: the object that is written last.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use mongodb::bson;
use serde::{Deserialize, Serialize};

use crate::stores::Service;

/// The name of its object. A folder without it is incomplete.
pub(crate) const NAME: &str = "contents.json";

/// What a backup contains.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Contents {
    pub(crate) is_encrypted: bool,
    /// The version of the program.
    release: String,
    /// The state that it restores: that of all databases at this second of their logical times.
    pub(crate) instant: Timestamp,
    stores: BTreeMap<String, Counts>,
}

/// The number of entries in the objects of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) documents: u64,
    pub(crate) changes: u64,
}

impl Contents {
    pub(crate) fn new(
        is_encrypted: bool,
        instant: bson::Timestamp,
        stores: impl Iterator<Item = (Service, Counts)>,
    ) -> Result<Self> {
        Ok(Self {
            is_encrypted,
            release: release::VERSION.to_owned(),
            instant: Timestamp::from_second(i64::from(instant.time))?,
            stores: stores
                .map(|(service, counts)| (service.name().to_owned(), counts))
                .collect(),
        })
    }

    pub(crate) fn of(&self, service: Service) -> Result<Counts> {
        let counts = self.stores.get(service.name()).copied();
        counts.with_context(|| format!("the backup does not contain {}", service.name()))
    }

    /// The instant as a logical time.
    pub(crate) fn logical_instant(&self) -> Result<bson::Timestamp> {
        Ok(bson::Timestamp {
            time: u32::try_from(self.instant.as_second())?,
            increment: 0,
        })
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let documents: u64 = self.stores.values().map(|counts| counts.documents).sum();
        let changes: u64 = self.stores.values().map(|counts| counts.changes).sum();
        let encrypted = if self.is_encrypted {
            "encrypted"
        } else {
            "not encrypted"
        };
        write!(
            formatter,
            "the state of {}: {documents} documents, {changes} changes, {encrypted}, release {}",
            self.instant, self.release
        )
    }
}
