#![doc = include_str!("../README.md")]

mod admin;
pub mod argon;
pub mod password;
mod users;

pub use admin::{AdminError, ensure_admin, random_password};
pub use users::{CreateError, User, UserId, Users};
