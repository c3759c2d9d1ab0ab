//! The product copy: what orders knows of the products.

use domain::{Money, ProductId, Stock};

/// The part of the product copy that placing an order needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProductCopy {
    pub(crate) id: ProductId,
    /// The price of one item.
    pub(crate) price: Money,
    /// The stock as of the newest event applied.
    pub(crate) stock: Stock,
}
