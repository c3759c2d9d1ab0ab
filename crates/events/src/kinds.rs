//! The events and their JSON.
//!
//! Consumers ignore unknown fields, so fields may be added; none may be removed, renamed or
//! narrowed. A status or code that a later release adds is kept as [`Code`] and passed on.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use domain::{Money, OrderId, ProductId, ProductName, Quantity, Stock};

use crate::code::Code;

/// The names of the kinds.
pub const KINDS: [&str; 5] = [
    "ProductCreate",
    "OrderCreate",
    "OrderStatusUpdate",
    "ProductsQuantityUpdate",
    "ProductState",
];

/// The greatest number of products that a reason names, so that the reason of an order with many
/// products stays short.
pub const MAX_PRODUCTS_NAMED: usize = 20;

/// A committed fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub enum Event {
    /// A product was added to the catalogue.
    ProductCreate {
        /// The state of the new product.
        product: ProductState,
    },
    /// An order was placed.
    OrderCreate {
        /// The order as it was placed.
        order: OrderPlaced,
    },
    /// An order was decided.
    OrderStatusUpdate {
        /// The order's id.
        order_id: OrderId,
        /// Whether the order was accepted.
        status: OrderStatus,
        /// The reason of a rejection.
        #[serde(default)]
        reason: Option<Reason>,
    },
    /// The stock or price of products changed.
    ProductsQuantityUpdate {
        /// The new state of the products.
        #[schemars(length(min = 1))]
        products: Vec<ProductState>,
    },
    /// The state of a product, changed or not: it is published again and again.
    ProductState {
        /// The state of the product.
        product: ProductState,
    },
}

/// The state of a product, as far as orders needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductState {
    /// The product's id.
    pub id: ProductId,
    /// The product's name, which is unique; the API identifies a product by it.
    pub name: ProductName,
    /// The price of one item.
    pub price: Money,
    /// The number of items in stock.
    pub quantity: Stock,
    /// Increases by one with every change of the product.
    pub version: u64,
}

/// A placed order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPlaced {
    /// The order's id.
    pub id: OrderId,
    /// The buyer's e-mail address.
    pub client_email: String,
    /// The total cost.
    pub cost: Money,
    /// Always PENDING.
    pub status: PlacedStatus,
    /// The lines: at least one, no product twice.
    #[schemars(length(min = 1))]
    pub products: Vec<OrderLine>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLine {
    /// The product's id.
    pub id: ProductId,
    /// The product's name when the order was placed.
    pub name: ProductName,
    /// The product's price when the order was placed.
    pub price: Money,
    /// The number of items.
    pub quantity: Quantity,
}

/// The status of a placed order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PlacedStatus {
    /// Not decided yet.
    #[serde(rename = "PENDING")]
    Pending,
    /// A status of a later release.
    #[serde(untagged)]
    Unknown(Code),
}

/// The decision about an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum OrderStatus {
    /// The stock was taken for the buyer.
    Accepted,
    /// No stock was taken.
    Rejected,
    /// A decision of a later release.
    #[serde(untagged)]
    Unknown(Code),
}

/// Why an order was rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The code, for programs.
    pub code: ReasonCode,
    /// The first 20 products that caused it; earlier releases named all.
    pub products: Vec<ProductName>,
    /// How many more products caused it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The code of a rejection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// The stock was less than a line's quantity.
    InsufficientStock,
    /// A code of a later release.
    #[serde(untagged)]
    Unknown(Code),
}

impl Event {
    /// The name of the kind, as in `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ProductCreate { .. } => KINDS[0],
            Self::OrderCreate { .. } => KINDS[1],
            Self::OrderStatusUpdate { .. } => KINDS[2],
            Self::ProductsQuantityUpdate { .. } => KINDS[3],
            Self::ProductState { .. } => KINDS[4],
        }
    }

    /// The event id, which is the same whenever the same fact is sent.
    pub fn id(&self) -> String {
        match self {
            Self::ProductCreate { product } => format!("product-create-{}", product.id),
            Self::OrderCreate { order } => format!("order-create-{}", order.id),
            Self::OrderStatusUpdate { order_id, .. } => format!("order-status-{order_id}"),
            Self::ProductsQuantityUpdate { products } => {
                let mut digest = Sha256::new();
                for product in products {
                    digest.update(product.id.bytes());
                    digest.update(product.version.to_be_bytes());
                }
                format!(
                    "products-quantity-{}",
                    hex::encode(&digest.finalize()[..16])
                )
            }
            Self::ProductState { product } => {
                format!("product-state-{}-{}", product.id, product.version)
            }
        }
    }

    /// The partition key. The key of an order is its smallest product id, so that one process at a
    /// time decides about a popular product.
    pub fn key(&self) -> String {
        let smallest =
            |ids: &mut dyn Iterator<Item = ProductId>| ids.min().map(|id| id.to_string());
        match self {
            Self::ProductCreate { product } | Self::ProductState { product } => {
                product.id.to_string()
            }
            Self::OrderStatusUpdate { order_id, .. } => order_id.to_string(),
            Self::OrderCreate { order } => {
                smallest(&mut order.products.iter().map(|line| line.id)).unwrap_or_default()
            }
            Self::ProductsQuantityUpdate { products } => {
                smallest(&mut products.iter().map(|product| product.id)).unwrap_or_default()
            }
        }
    }
}

/// The JSON Schema of one kind, as committed in `schemas/`.
pub fn schema_of(kind: &str) -> Option<Schema> {
    let mut whole = schemars::schema_for!(Event).to_value();
    let definitions = whole.get("$defs").cloned();
    let variant = whole
        .get_mut("oneOf")?
        .as_array_mut()?
        .iter_mut()
        .find(|variant| {
            variant
                .pointer("/properties/type/const")
                .and_then(|name| name.as_str())
                == Some(kind)
        })?;
    let mut schema = variant.take();
    let object = schema.as_object_mut()?;
    object.insert(
        "$schema".into(),
        "https://json-schema.org/draft/2020-12/schema".into(),
    );
    object.insert("title".into(), kind.into());
    if let Some(definitions) = definitions {
        object.insert("$defs".into(), definitions);
    }
    Schema::try_from(schema).ok()
}
