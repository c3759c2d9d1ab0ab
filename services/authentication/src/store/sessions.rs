//! Sessions. Each is one document, so that a rotation and the end of a session are one atomic write.
//!
//! Any token of a session identifies it, and only the last spent tokens are stored, so that the size
//! of a document is bounded.

use accounts::UserId;
use jiff::Timestamp;
use mongo::StoreError;
use mongo::time::{date, timestamp};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Binary, DateTime, Document, doc};
use mongodb::options::ReadConcern;
use serde::{Deserialize, Serialize};

use super::{Store, binary, digest};
use crate::refresh::{REUSE_GRACE, SessionId, SessionState, SpentToken, SuccessorKey, TokenDigest};

/// A legitimate client does not rotate more often within [`REUSE_GRACE`].
const MAX_SPENT_TOKENS: i32 = 20;

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) state: SessionState,
    pub(crate) ends_at_latest: Timestamp,
}

/// The exchange of a token for its successor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rotation {
    pub(crate) spent: TokenDigest,
    pub(crate) successor: TokenDigest,
    pub(crate) successor_key: SuccessorKey,
    /// The new end of the session.
    pub(crate) expires_at: Timestamp,
}

/// Which state of a session a read returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// A state that the majority has. After a failover it can be older than an acknowledged write.
    Committed,
    /// The state after every acknowledged write. Committed reads of anything return no older state
    /// afterwards. The server writes an entry to its log and waits for the majority.
    Latest,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionEnd {
    /// The end unless it is refreshed.
    pub(crate) expires_at: Timestamp,
    /// The end even if it is refreshed.
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
    successor_key: Option<Binary>,
}

impl Store {
    /// Creates a session with its first token.
    pub(crate) async fn open_session(
        &self,
        session: SessionId,
        user: UserId,
        token: TokenDigest,
        end: SessionEnd,
    ) -> Result<(), StoreError> {
        let document = SessionDocument {
            id: binary(&session.0),
            user: user.0,
            current: binary(&token.0),
            spent: Vec::new(),
            expires_at: date(end.expires_at),
            ends_at_latest: date(end.at_latest),
        };
        self.run(&self.sessions, |sessions| async move {
            sessions.insert_one(document).await
        })
        .await?;
        Ok(())
    }

    /// Ends all sessions of an account except the `kept` newest ones and returns how many it ended.
    pub(crate) async fn end_oldest_sessions(
        &self,
        user: UserId,
        kept: u64,
    ) -> Result<u64, StoreError> {
        // All sessions have the same maximum lifetime, so the first to end is the oldest.
        let oldest_kept = self
            .run(&self.sessions, |sessions| async move {
                sessions
                    .find_one(doc! { "user": user.0 })
                    .sort(doc! { "ends_at_latest": -1 })
                    .skip(kept.saturating_sub(1))
                    .max_time(mongo::time_left())
                    .await
            })
            .await?;
        let Some(oldest_kept) = oldest_kept else {
            return Ok(0);
        };
        let older =
            doc! { "user": user.0, "ends_at_latest": { "$lt": oldest_kept.ends_at_latest } };
        let ended = self
            .run(&self.sessions, |sessions| async move {
                sessions.delete_many(older).await
            })
            .await?;
        Ok(ended.deleted_count)
    }

    /// Ends all sessions of an account.
    pub(crate) async fn end_sessions(&self, user: UserId) -> Result<(), StoreError> {
        self.run(&self.sessions, |sessions| async move {
            sessions.delete_many(doc! { "user": user.0 }).await
        })
        .await?;
        Ok(())
    }

    /// Returns a session, unless it has ended.
    pub(crate) async fn session(
        &self,
        id: SessionId,
        read: Read,
    ) -> Result<Option<Session>, StoreError> {
        let filter = doc! { "_id": binary(&id.0) };
        let concern = match read {
            Read::Committed => ReadConcern::majority(),
            Read::Latest => ReadConcern::linearizable(),
        };
        let found = self
            .run(&self.sessions, |sessions| async move {
                let found = sessions.find_one(filter).read_concern(concern);
                found.max_time(mongo::time_left()).await
            })
            .await?;
        Ok(found.map(Session::from))
    }

    /// Exchanges the current token of a session. Returns false if another request has done so.
    ///
    /// Tokens that were spent longer ago than [`REUSE_GRACE`] are removed, and their keys with them:
    /// reuse of an unknown token is theft all the same.
    pub(crate) async fn rotate(
        &self,
        session: SessionId,
        rotation: Rotation,
    ) -> Result<bool, StoreError> {
        let still_current =
            doc! { "_id": binary(&session.0), "current": binary(&rotation.spent.0) };
        let spent = doc! {
            "token": binary(&rotation.spent.0),
            "at": "$$NOW",
            "successor_key": binary(&rotation.successor_key.0),
        };
        let grace = i64::try_from(REUSE_GRACE.as_millis()).unwrap_or(i64::MAX);
        let recently = doc! { "$gt": ["$$this.at", { "$subtract": ["$$NOW", grace] }] };
        let earlier = doc! { "$filter": { "input": "$spent", "cond": recently } };
        let all_spent = doc! { "$concatArrays": [earlier, [spent]] };
        let update = vec![doc! { "$set": {
            "current": binary(&rotation.successor.0),
            "expires_at": date(rotation.expires_at),
            "spent": { "$slice": [all_spent, -MAX_SPENT_TOKENS] },
        } }];
        let updated = self
            .run(&self.sessions, |sessions| async move {
                sessions.update_one(still_current, update).await
            })
            .await?;
        Ok(updated.matched_count == 1)
    }

    /// Ends a session, so that none of its tokens works any more. Returns whether it existed.
    pub(crate) async fn end_session(&self, session: SessionId) -> Result<bool, StoreError> {
        self.end(doc! { "_id": binary(&session.0) }).await
    }

    /// Ends a session whose current token is `current`. Returns false if there is none: what was read
    /// of it is outdated, and the next read returns a newer state.
    pub(crate) async fn end_session_at(
        &self,
        session: SessionId,
        current: TokenDigest,
    ) -> Result<bool, StoreError> {
        self.end(doc! { "_id": binary(&session.0), "current": binary(&current.0) })
            .await
    }

    async fn end(&self, filter: Document) -> Result<bool, StoreError> {
        let ended = self
            .run(&self.sessions, |sessions| async move {
                sessions.delete_one(filter).await
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
            successor_key: spent.successor_key.as_ref().and_then(successor_key),
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

/// A stored key of another length derives nothing.
fn successor_key(stored: &Binary) -> Option<SuccessorKey> {
    let key = stored.bytes.as_slice().try_into().ok()?;
    Some(SuccessorKey(key))
}
