//! The product copy: what orders knows of the products.

use domain::{Money, ProductId, ProductName, Stock};

/// The part of the product copy that placing an order needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProductCopy {
    /// The id of the product.
    pub(crate) id: ProductId,
    /// The price of one item.
    pub(crate) price: Money,
    /// The stock as of the newest event applied.
    pub(crate) stock: Stock,
}

/// The state of a product, as an event reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProductState {
    /// The id of the product.
    pub(crate) id: ProductId,
    /// The name of the product, which is unique.
    pub(crate) name: ProductName,
    /// The price of one item.
    pub(crate) price: Money,
    /// The number of items in stock.
    pub(crate) stock: Stock,
    /// The version, which grows by one with every change of the product.
    pub(crate) version: u64,
}
