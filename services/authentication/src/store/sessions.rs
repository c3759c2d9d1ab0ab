//! Sessions, and the refresh tokens that were given out for them.
//!
//! A token's document never changes; it says which session the token belongs to. What a session
//! allows is in its one document, so that a swap and an end are each one atomic write.

use jiff::Timestamp;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Binary, DateTime, doc};
use serde::{Deserialize, Serialize};
use service_kit::mongo::StoreError;

use super::{Store, UserId, binary, date, digest, timestamp};
use crate::rules::refresh::{SessionState, SpentToken, TokenDigest};

/// More swaps than this within ten seconds are not made by mistake.
const REMEMBERED_SPENT: i32 = 20;

/// A session, as found by one of its tokens.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) state: SessionState,
    pub(crate) ends_at_latest: Timestamp,
}

/// The id of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionId(ObjectId);

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
    id: ObjectId,
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

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TokenDocument {
    #[serde(rename = "_id")]
    id: Binary,
    session: ObjectId,
    expires_at: DateTime,
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Store {
    /// Opens a session whose first token is `token`.
    pub(crate) async fn open_session(
        &self,
        user: UserId,
        token: TokenDigest,
        end: SessionEnd,
    ) -> Result<SessionId, StoreError> {
        let session = SessionDocument {
            id: ObjectId::new(),
            user: user.0,
            current: binary(token),
            spent: Vec::new(),
            expires_at: date(end.expires_at),
            ends_at_latest: date(end.at_latest),
        };
        let id = session.id;
        let opening = self.ask(&self.sessions, |sessions| async move {
            sessions.insert_one(session).await
        });
        futures::future::try_join(opening, self.remember_token(id, token, end.at_latest)).await?;
        Ok(SessionId(id))
    }

    /// The session that `token` was given out for, unless it has ended.
    pub(crate) async fn session_of(
        &self,
        token: TokenDigest,
    ) -> Result<Option<Session>, StoreError> {
        let Some(token) = self
            .ask(&self.tokens, |tokens| async move {
                tokens.find_one(doc! { "_id": binary(token) }).await
            })
            .await?
        else {
            return Ok(None);
        };
        let found = self
            .ask(&self.sessions, |sessions| async move {
                sessions.find_one(doc! { "_id": token.session }).await
            })
            .await?;
        Ok(found.map(Session::from))
    }

    /// Swaps a session's current token `spent` for `new`, and says whether it still was the
    /// current one.
    pub(crate) async fn rotate(
        &self,
        session: &Session,
        spent: TokenDigest,
        new: TokenDigest,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // First, because a current token without its document could not be found; the document of
        // a token that nobody gets is harmless.
        self.remember_token(session.id.0, new, session.ends_at_latest)
            .await?;
        let still_current = doc! { "_id": session.id.0, "current": binary(spent) };
        let spent = doc! { "token": binary(spent), "at": date(now) };
        let swap = doc! {
            "$set": { "current": binary(new), "expires_at": date(expires_at) },
            "$push": { "spent": { "$each": [spent], "$slice": -REMEMBERED_SPENT } },
        };
        Ok(self
            .ask(&self.sessions, |sessions| async move {
                sessions.find_one_and_update(still_current, swap).await
            })
            .await?
            .is_some())
    }

    /// Ends a session: no token of it is worth anything from now on.
    pub(crate) async fn end_session(&self, session: SessionId) -> Result<(), StoreError> {
        self.ask(&self.sessions, |sessions| async move {
            sessions.delete_one(doc! { "_id": session.0 }).await
        })
        .await?;
        Ok(())
    }

    async fn remember_token(
        &self,
        session: ObjectId,
        token: TokenDigest,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let document = TokenDocument {
            id: binary(token),
            session,
            expires_at: date(expires_at),
        };
        self.ask(&self.tokens, |tokens| async move {
            tokens.insert_one(document).await
        })
        .await?;
        Ok(())
    }
}

impl From<SessionDocument> for Session {
    fn from(document: SessionDocument) -> Self {
        let spent = |spent: &SpentDocument| SpentToken {
            digest: digest(&spent.token),
            at: timestamp(spent.at),
        };
        Self {
            id: SessionId(document.id),
            user: UserId(document.user),
            state: SessionState {
                current: digest(&document.current),
                spent: document.spent.iter().map(spent).collect(),
                expires_at: timestamp(document.expires_at),
            },
            ends_at_latest: timestamp(document.ends_at_latest),
        }
    }
}
