//! The role of an account.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The role of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Places orders.
    User,
    /// Places orders and manages the catalogue.
    Admin,
}
