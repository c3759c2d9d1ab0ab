//! The collection of accounts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::{Email, Role};
use mongo::{StoreError, ignore_duplicate_keys};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

/// The id of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserId(pub ObjectId);

/// An account, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The id.
    #[serde(rename = "_id")]
    pub id: UserId,
    /// The e-mail, unique among all accounts.
    pub email: Email,
    /// The role.
    pub role: Role,
    /// The hash of the password, from [`argon::hash`](crate::argon::hash).
    pub password_hash: String,
}

/// Why an account was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The e-mail has an account.
    #[error("the e-mail already has an account")]
    EmailTaken,
    /// [`Users::ensure_index`] has not succeeded yet.
    #[error("the indexes have not been created yet")]
    NoIndex,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The accounts in a database. Cheap to clone.
#[derive(Clone)]
pub struct Users {
    collection: Collection<User>,
    timeout: Duration,
    has_index: Arc<AtomicBool>,
}

impl User {
    /// An account with a new id.
    pub fn new(email: Email, role: Role, password_hash: String) -> Self {
        let id = UserId(ObjectId::new());
        Self {
            id,
            email,
            role,
            password_hash,
        }
    }

    /// Finds this account unless its hash has changed since it was read.
    fn unchanged(&self) -> Document {
        doc! { "_id": self.id.0, "password_hash": &self.password_hash }
    }
}

impl Users {
    /// The accounts in `database`, with a `timeout` for each operation.
    pub fn new(database: &Database, timeout: Duration) -> Self {
        Self {
            collection: database.collection("users"),
            timeout,
            has_index: Arc::default(),
        }
    }

    /// Creates the index that makes e-mails unique. Until then no account can be created.
    pub async fn ensure_index(&self) -> Result<(), mongodb::error::Error> {
        let index = IndexModel::builder()
            .keys(doc! { "email": 1 })
            .options(IndexOptions::builder().unique(true).build())
            .build();
        self.collection.create_index(index).await?;
        self.has_index.store(true, Ordering::Release);
        Ok(())
    }

    /// Returns the account with this e-mail.
    pub async fn by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let filter = doc! { "email": email.as_str() };
        self.find(filter).await
    }

    /// Returns the account with this id.
    pub async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.find(doc! { "_id": id.0 }).await
    }

    /// Stores a new account.
    pub async fn create(&self, user: User) -> Result<(), CreateError> {
        if !self.has_index.load(Ordering::Acquire) {
            return Err(CreateError::NoIndex);
        }
        let (account, role) = (user.email.fingerprint(), user.role);
        self.run(|users| async move { users.insert_one(user).await })
            .await
            .map_err(|error| match error {
                error if error.is_duplicate_key() => CreateError::EmailTaken,
                error => CreateError::Store(error),
            })?;
        tracing::info!(target: "audit", account, ?role, "an account was created");
        Ok(())
    }

    /// Replaces the hash of a password, unless the password has changed since `user` was read.
    pub async fn replace_hash(&self, user: &User, new_hash: &str) -> Result<(), StoreError> {
        let unchanged = user.unchanged();
        let replacement = doc! { "$set": { "password_hash": new_hash } };
        self.run(|users| async move { users.update_one(unchanged, replacement).await })
            .await?;
        Ok(())
    }

    /// Removes an account, unless its hash has changed since `user` was read. Returns whether it did.
    pub async fn remove(&self, user: &User) -> Result<bool, StoreError> {
        let unchanged = user.unchanged();
        let removed = self
            .run(|users| async move { users.delete_one(unchanged).await })
            .await?;
        Ok(removed.deleted_count > 0)
    }

    /// Stores these accounts if there are no accounts. Returns whether it did.
    pub async fn create_if_none_exist(
        &self,
        users: &[User],
    ) -> Result<bool, mongodb::error::Error> {
        let any = self.collection.find_one(doc! {});
        if any.max_time(mongo::time_left()).await?.is_some() {
            return Ok(false);
        }
        // Another replica may have created the same accounts at the same time.
        ignore_duplicate_keys(self.collection.insert_many(users).ordered(false).await)?;
        Ok(true)
    }

    async fn find(&self, filter: Document) -> Result<Option<User>, StoreError> {
        self.run(|users| async move { users.find_one(filter).max_time(mongo::time_left()).await })
            .await
    }

    async fn run<T: Send + 'static, F>(
        &self,
        operation: impl FnOnce(Collection<User>) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, mongodb::error::Error>> + Send + 'static,
    {
        Ok(mongo::with_timeout(self.timeout, operation(self.collection.clone())).await?)
    }
}
