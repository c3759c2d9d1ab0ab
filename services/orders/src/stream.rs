//! The event stream: each status change of a buyer's orders, when it is committed.
//!
//! While there are subscribers, one change stream per process feeds the hub, which delivers each
//! change to the subscribers of its buyer. A subscriber that reconnects with the id of the last
//! message it received first gets a backfill: the changes it missed, from an index of the buyer's
//! orders, up to the position at which its subscription to the hub starts.

mod backfill;
mod changes;
mod cluster_time;
mod event_id;
mod frame;
mod hub;
mod session;

pub(crate) use changes::{
    ChangeSource, Changes, ChangesError, History, HistoryPage, LiveChange, PastChange, StatusChange,
};
pub(crate) use cluster_time::ClusterTime;
pub(crate) use event_id::ChangeKey;
pub(crate) use hub::{Hub, SubscribeError};
pub(crate) use session::{StreamRequest, open};
