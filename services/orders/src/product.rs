//! The product copy: what orders knows of the products.

use domain::{Money, ProductId, ProductName, Stock};

/// The part of the product copy that placing an order needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProductCopy {
    pub(crate) id: ProductId,
    /// The price of one item.
    pub(crate) price: Money,
    /// The stock as of the newest event applied.
    pub(crate) stock: Stock,
}

/// The state of a product, as an event reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProductState {
    pub(crate) id: ProductId,
    pub(crate) name: ProductName,
    /// The price of one item.
    pub(crate) price: Money,
    pub(crate) stock: Stock,
    /// It grows by one with every change of the product.
    pub(crate) version: u64,
}
