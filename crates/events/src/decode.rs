//! Reading an event.
//!
//! Everything in an event is bounded, because a consumer holds it in memory and writes it into one
//! document. Ids, amounts, quantities and names are bounded by their types. The bounds here are
//! several times what this release writes, so that a later release may write more.

use serde::Deserialize;

use crate::kinds::{Event, KINDS, OrderStatus};

/// The maximum length of a payload. The longest that this release writes has 130 KB: 100 lines or
/// 200 products with the longest names.
pub const MAX_PAYLOAD_BYTES: usize = 1 << 20;
/// The maximum number of products in an event; an order has at most 100 lines.
pub const MAX_PRODUCTS: usize = 1000;
/// An address has at most 254 bytes.
const MAX_EMAIL_BYTES: usize = 1000;

/// Why a payload is none of the events.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON, or not of the shape of an event.
    #[error("not an event of the contract")]
    Shape(#[source] serde_json::Error),
    /// Of a kind that this release does not have.
    #[error(
        "an event of the unknown kind {0:?}: if a later release sent it, replay it after the upgrade"
    )]
    UnknownKind(String),
    /// Beyond the bounds of an event.
    #[error("not an event of the contract: {0}")]
    Bounds(&'static str),
}

impl Event {
    /// Parses the payload of a message.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(DecodeError::Bounds("the payload is longer than 1 MiB"));
        }
        let event: Self =
            serde_json::from_slice(payload).map_err(|error| failure(payload, error))?;
        event.check_bounds().map_err(DecodeError::Bounds)?;
        Ok(event)
    }

    /// Checks the bounds that the types do not express.
    fn check_bounds(&self) -> Result<(), &'static str> {
        match self {
            Self::ProductCreate { .. } | Self::ProductState { .. } => Ok(()),
            Self::OrderCreate { order } if order.client_email.len() > MAX_EMAIL_BYTES => {
                Err("the e-mail address is longer than 1000 bytes")
            }
            Self::OrderCreate { order } => check_count(order.products.len()),
            Self::ProductsQuantityUpdate { products } => check_count(products.len()),
            Self::OrderStatusUpdate {
                status: OrderStatus::Unknown(status),
                ..
            } if status.as_str() == "PENDING" => Err("a decision cannot be PENDING"),
            Self::OrderStatusUpdate { reason, .. } => {
                check_maximum(reason.as_ref().map_or(0, |reason| reason.products.len()))
            }
        }
    }
}

/// Says whether a payload is an event of a later release or none at all.
fn failure(payload: &[u8], error: serde_json::Error) -> DecodeError {
    #[derive(Deserialize)]
    struct Kind {
        r#type: String,
    }
    match serde_json::from_slice(payload) {
        Ok(Kind { r#type: kind }) if !KINDS.contains(&kind.as_str()) => {
            DecodeError::UnknownKind(kind)
        }
        _ => DecodeError::Shape(error),
    }
}

fn check_count(products: usize) -> Result<(), &'static str> {
    if products == 0 {
        return Err("the list of products is empty");
    }
    check_maximum(products)
}

fn check_maximum(products: usize) -> Result<(), &'static str> {
    if products > MAX_PRODUCTS {
        return Err("the list has more than 1000 products");
    }
    Ok(())
}
