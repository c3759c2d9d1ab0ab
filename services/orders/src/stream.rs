//! The event stream: each status change of a buyer's orders, when it is committed.
//!
//! While there are subscribers, one change stream per process feeds the hub, which delivers each
//! change to the subscribers of its buyer. A subscriber that reconnects with the id of the last
//! message it received first gets a backfill: the changes it missed, from a separate change stream,
//! up to the position at which its subscription to the hub starts.

mod backfill;
mod changes;
mod frame;
mod hub;
mod position;
mod session;

pub(crate) use changes::{ChangeSource, Changes, ChangesError, StatusChange};
pub(crate) use hub::{Hub, SubscribeError};
pub(crate) use position::Position;
pub(crate) use session::{StreamRequest, open};
