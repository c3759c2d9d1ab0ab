//! Sessions: what each allows is one document, so that a swap and an end are each one atomic write.
//!
//! Any token of a session names it, and of the tokens that were swapped only the last ones are
//! kept, so a session takes no more room the longer it is used.

use jiff::Timestamp;
use mongo::StoreError;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Binary, DateTime, doc};
use serde::{Deserialize, Serialize};

use super::{Store, UserId, binary, date, digest, timestamp};
use crate::rules::refresh::{SessionId, SessionState, SpentToken, TokenDigest};

/// More swaps than this within ten seconds are not made by mistake.
const REMEMBERED_SPENT: i32 = 20;

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) state: SessionState,
    pub(crate) ends_at_latest: Timestamp,
}

/// When a session ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionEnd {
    /// Unless it is refreshed.
    pub(crate) expires_at: Timestamp,
    /// However often it is refreshed.
    pub(crate) at_latest: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SessionDocument {
    #[serde(rename = "_id")]
    id: Binary,
    user: ObjectId,
    current: Binary,
    spent: Vec<SpentDocument>,
    expires_at: DateTime,
    ends_at_latest: DateTime,
}

#[derive(Debug, Serialize, Deserialize)]
struct SpentDocument {
    token: Binary,
    at: DateTime,
}

impl Store {
    /// Opens a session whose first token is `token`.
    pub(crate) async fn open_session(
        &self,
        session: SessionId,
        user: UserId,
        token: TokenDigest,
        end: SessionEnd,
    ) -> Result<(), StoreError> {
        let document = SessionDocument {
            id: binary(session.0),
            user: user.0,
            current: binary(token.0),
            spent: Vec::new(),
            expires_at: date(end.expires_at),
            ends_at_latest: date(end.at_latest),
        };
        self.ask(&self.sessions, |sessions| async move {
            sessions.insert_one(document).await
        })
        .await?;
        Ok(())
    }

    /// Ends all but the `kept` newest sessions of an account, and says how many those were.
    pub(crate) async fn end_oldest_sessions(
        &self,
        user: UserId,
        kept: u64,
    ) -> Result<u64, StoreError> {
        // All live equally long at most, so the one that ends first is the oldest.
        let oldest_kept = self
            .ask(&self.sessions, |sessions| async move {
                sessions
                    .find_one(doc! { "user": user.0 })
                    .sort(doc! { "ends_at_latest": -1 })
                    .skip(kept.saturating_sub(1))
                    .await
            })
            .await?;
        let Some(oldest_kept) = oldest_kept else {
            return Ok(0);
        };
        let older =
            doc! { "user": user.0, "ends_at_latest": { "$lt": oldest_kept.ends_at_latest } };
        let ended = self
            .ask(&self.sessions, |sessions| async move {
                sessions.delete_many(older).await
            })
            .await?;
        Ok(ended.deleted_count)
    }

    /// The session of this id, unless it has ended.
    pub(crate) async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let wanted = doc! { "_id": binary(id.0) };
        let found = self
            .ask(&self.sessions, |sessions| async move {
                sessions.find_one(wanted).await
            })
            .await?;
        Ok(found.map(Session::from))
    }

    /// Swaps a session's current token `spent` for `new`, and says whether it still was the
    /// current one.
    pub(crate) async fn rotate(
        &self,
        session: SessionId,
        spent: TokenDigest,
        new: TokenDigest,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let still_current = doc! { "_id": binary(session.0), "current": binary(spent.0) };
        let spent = doc! { "token": binary(spent.0), "at": date(now) };
        let swap = doc! {
            "$set": { "current": binary(new.0), "expires_at": date(expires_at) },
            "$push": { "spent": { "$each": [spent], "$slice": -REMEMBERED_SPENT } },
        };
        let swapped = self
            .ask(&self.sessions, |sessions| async move {
                sessions.update_one(still_current, swap).await
            })
            .await?;
        Ok(swapped.matched_count == 1)
    }

    /// Ends a session, if there is one: no token of it is worth anything from now on.
    pub(crate) async fn end_session(&self, session: SessionId) -> Result<bool, StoreError> {
        let wanted = doc! { "_id": binary(session.0) };
        let ended = self
            .ask(&self.sessions, |sessions| async move {
                sessions.delete_one(wanted).await
            })
            .await?;
        Ok(ended.deleted_count == 1)
    }
}

impl From<SessionDocument> for Session {
    fn from(document: SessionDocument) -> Self {
        let spent = |spent: &SpentDocument| SpentToken {
            digest: TokenDigest(digest(&spent.token)),
            at: timestamp(spent.at),
        };
        Self {
            id: SessionId(digest(&document.id)),
            user: UserId(document.user),
            state: SessionState {
                current: TokenDigest(digest(&document.current)),
                spent: document.spent.iter().map(spent).collect(),
                expires_at: timestamp(document.expires_at),
            },
            ends_at_latest: timestamp(document.ends_at_latest),
        }
    }
}
