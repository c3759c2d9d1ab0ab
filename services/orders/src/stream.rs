//! The event stream: each status change of a buyer's orders, as it is committed.
//!
//! One change stream a process, open while anybody listens, feeds the hub, which fans out by buyer. A subscriber that comes
//! back with the id of the last message it saw gets what it missed from a change stream of its
//! own, up to the place where the hub took over.

mod catch_up;
mod frame;
mod hub;
mod position;
mod session;

pub use frame::StatusChange;
pub use hub::{Hub, Item, NotFollowed, Subscription};
pub use position::Position;
pub use session::{Opening, open};
