//! The four events, as JSON on the wire.
//!
//! A reader ignores fields that it does not know, so fields may be added; none may be removed,
//! renamed or narrowed.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use domain::{Money, OrderId, ProductId, ProductName, Quantity, Stock};

/// The names of the four kinds.
pub const KINDS: [&str; 4] = [
    "ProductCreate",
    "OrderCreate",
    "OrderStatusUpdate",
    "ProductsQuantityUpdate",
];

/// Something that has happened, and is committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub enum Event {
    /// A product was added to the catalogue.
    ProductCreate {
        /// The product.
        product: ProductState,
    },
    /// An order was placed.
    OrderCreate {
        /// The order.
        order: OrderPlaced,
    },
    /// An order was decided.
    OrderStatusUpdate {
        /// Which order.
        order_id: OrderId,
        /// How it ended.
        status: OrderStatus,
        /// Why, if it was rejected.
        #[serde(default)]
        reason: Option<Reason>,
    },
    /// Products have another stock or price.
    ProductsQuantityUpdate {
        /// The products as they are now.
        #[schemars(length(min = 1))]
        products: Vec<ProductState>,
    },
}

/// A product as orders needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProductState {
    /// Its id.
    pub id: ProductId,
    /// Its public key.
    pub name: ProductName,
    /// What one piece costs.
    pub price: Money,
    /// How many pieces there are.
    pub quantity: Stock,
    /// Grows by one with every change; the newer state is the one with the greater version.
    pub version: u64,
}

/// An order as it was placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPlaced {
    /// Its id.
    pub id: OrderId,
    /// Who placed it.
    pub client_email: String,
    /// What it costs.
    pub cost: Money,
    /// Always PENDING: nobody has decided yet.
    pub status: PlacedStatus,
    /// What was ordered: at least one line, no product twice.
    #[schemars(length(min = 1))]
    pub products: Vec<OrderLine>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderLine {
    /// Which product.
    pub id: ProductId,
    /// Its name when the order was placed.
    pub name: ProductName,
    /// Its price when the order was placed.
    pub price: Money,
    /// How many pieces.
    pub quantity: Quantity,
}

/// The status of an order that was placed a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PlacedStatus {
    /// Waits for its decision.
    #[serde(rename = "PENDING")]
    Pending,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum OrderStatus {
    /// The pieces are the buyer's.
    Accepted,
    /// Nothing was taken from the stock.
    Rejected,
}

/// Why an order was rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// What a program branches on.
    pub code: ReasonCode,
    /// The products concerned.
    pub products: Vec<ProductName>,
}

/// Why an order was rejected, for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// There were fewer pieces than a line asked for.
    InsufficientStock,
}

/// A message that is none of the four events.
#[derive(Debug, thiserror::Error)]
#[error("not an event of the contract: {source}")]
pub struct DecodeError {
    source: serde_json::Error,
}

impl Event {
    /// Reads a message.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let event = serde_json::from_slice(payload).and_then(|event: Self| event.checked());
        event.map_err(|source| DecodeError { source })
    }

    /// What the types cannot say: there is at least one line or product.
    fn checked(self) -> Result<Self, serde_json::Error> {
        let empty = match &self {
            Self::OrderCreate { order } => order.products.is_empty(),
            Self::ProductsQuantityUpdate { products } => products.is_empty(),
            Self::ProductCreate { .. } | Self::OrderStatusUpdate { .. } => false,
        };
        if empty {
            return Err(serde::de::Error::custom("the list of products is empty"));
        }
        Ok(self)
    }

    /// The name of its kind, as in `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ProductCreate { .. } => KINDS[0],
            Self::OrderCreate { .. } => KINDS[1],
            Self::OrderStatusUpdate { .. } => KINDS[2],
            Self::ProductsQuantityUpdate { .. } => KINDS[3],
        }
    }

    /// The id of the fact: sent again, it has the same one.
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
        }
    }

    /// What decides its partition. An order goes by its smallest product, so that a product in
    /// demand is decided about by one process at a time.
    pub fn key(&self) -> String {
        let smallest =
            |ids: &mut dyn Iterator<Item = ProductId>| ids.min().map(|id| id.to_string());
        match self {
            Self::ProductCreate { product } => product.id.to_string(),
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
