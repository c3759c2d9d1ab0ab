//! The stored accounts.

use domain::Email;
use identity::Role;
use mongo::{StoreError, is_duplicate_key};
use mongodb::bson::doc;
use mongodb::bson::oid::ObjectId;
use serde::{Deserialize, Serialize};

use super::Store;

/// The id of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UserId(pub(super) ObjectId);

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) email: Email,
    pub(crate) role: Role,
    pub(crate) password_hash: String,
}

/// An account to create.
#[derive(Clone, Debug)]
pub(crate) struct NewUser {
    pub(crate) email: Email,
    pub(crate) role: Role,
    pub(crate) password_hash: String,
}

/// Why an account was not created.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateError {
    #[error("the e-mail already has an account")]
    EmailTaken,
    #[error("the indexes have not been created yet")]
    NoIndexes,
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UserDocument {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: Email,
    role: Role,
    password_hash: String,
}

impl Store {
    pub(crate) async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let filter = doc! { "email": email.as_str() };
        let found = self
            .run(
                &self.users,
                |users| async move { users.find_one(filter).await },
            )
            .await?;
        Ok(found.map(User::from))
    }

    pub(crate) async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let found = self
            .run(&self.users, |users| async move {
                users.find_one(doc! { "_id": id.0 }).await
            })
            .await?;
        Ok(found.map(User::from))
    }

    pub(crate) async fn create_user(&self, user: NewUser) -> Result<UserId, CreateError> {
        if !self.has_indexes() {
            return Err(CreateError::NoIndexes);
        }
        let document = UserDocument::from(user);
        let id = document.id;
        let inserted = self.run(&self.users, |users| async move {
            users.insert_one(document).await
        });
        match inserted.await {
            Ok(_) => Ok(UserId(id)),
            Err(error) if error.is_duplicate_key() => Err(CreateError::EmailTaken),
            Err(error) => Err(CreateError::Store(error)),
        }
    }

    /// Replaces the hash of a password, unless the password has changed since `user` was read.
    pub(crate) async fn replace_hash(&self, user: &User, new_hash: &str) -> Result<(), StoreError> {
        let unchanged = doc! { "_id": user.id.0, "password_hash": &user.password_hash };
        let replacement = doc! { "$set": { "password_hash": new_hash } };
        self.run(&self.users, |users| async move {
            users.update_one(unchanged, replacement).await
        })
        .await?;
        Ok(())
    }

    /// Creates these accounts if there are no accounts. Returns whether it did.
    pub(crate) async fn create_first_users(
        &self,
        users: &[NewUser],
    ) -> Result<bool, mongodb::error::Error> {
        if self.users.find_one(doc! {}).await?.is_some() {
            return Ok(false);
        }
        let documents: Vec<UserDocument> = users.iter().cloned().map(UserDocument::from).collect();
        match self.users.insert_many(documents).ordered(false).await {
            // Another replica may have created the same accounts at the same time.
            Err(error) if !is_duplicate_key(&error) => Err(error),
            _ => Ok(true),
        }
    }
}

impl From<NewUser> for UserDocument {
    fn from(user: NewUser) -> Self {
        Self {
            id: ObjectId::new(),
            email: user.email,
            role: user.role,
            password_hash: user.password_hash,
        }
    }
}

impl From<UserDocument> for User {
    fn from(document: UserDocument) -> Self {
        Self {
            id: UserId(document.id),
            email: document.email,
            role: document.role,
            password_hash: document.password_hash,
        }
    }
}
