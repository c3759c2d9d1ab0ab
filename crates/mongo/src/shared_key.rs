//! Random keys that all replicas of a service share.

use std::sync::Arc;

use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, doc};
use mongodb::error::Error;
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::error::ignore_duplicate_keys;
use crate::timeout::time_left;

/// A key of 32 random bytes in the collection `keys` of a service's database. The first use creates it.
/// Clones share it.
#[derive(Clone)]
pub struct SharedKey {
    keys: Collection<KeyDocument>,
    name: &'static str,
    cached: Arc<OnceCell<[u8; 32]>>,
}

#[derive(Serialize, Deserialize)]
struct KeyDocument {
    #[serde(rename = "_id")]
    name: String,
    key: Binary,
}

impl SharedKey {
    /// The key with this name.
    pub fn new(database: &Database, name: &'static str) -> Self {
        Self {
            keys: database.collection("keys"),
            name,
            cached: Arc::default(),
        }
    }

    /// Returns the key. Only the first successful call reads the database.
    pub async fn get(&self) -> Result<[u8; 32], Error> {
        self.cached
            .get_or_try_init(|| self.read_or_create())
            .await
            .copied()
    }

    async fn read_or_create(&self) -> Result<[u8; 32], Error> {
        if let Some(key) = self.read().await? {
            return Ok(key);
        }
        let mut bytes = vec![0; 32];
        getrandom::fill(&mut bytes).map_err(Error::custom)?;
        let new = KeyDocument {
            name: self.name.to_owned(),
            key: Binary {
                subtype: BinarySubtype::Generic,
                bytes,
            },
        };
        // Of two replicas, one creates the key.
        ignore_duplicate_keys(self.keys.insert_one(new).await)?;
        let created = self.read().await?;
        created.ok_or_else(|| Error::custom(format!("the key {} was removed", self.name)))
    }

    async fn read(&self) -> Result<Option<[u8; 32]>, Error> {
        let by_name = self.keys.find_one(doc! { "_id": self.name });
        let Some(found) = by_name.max_time(time_left()).await? else {
            return Ok(None);
        };
        let key = found.key.bytes.try_into();
        key.map(Some)
            .map_err(|_| Error::custom(format!("the key {} has a wrong length", self.name)))
    }
}
