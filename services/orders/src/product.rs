//! The product copy: what orders knows of the products.

use domain::{Money, ProductId, ProductName, Stock};

/// The part of the product copy that placing an order needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductCopy {
    /// The id of the product.
    pub id: ProductId,
    /// The price of one item.
    pub price: Money,
    /// The stock as of the newest event applied.
    pub stock: Stock,
}

/// The state of a product, as an event reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductState {
    /// The id of the product.
    pub id: ProductId,
    /// The name of the product, which is unique.
    pub name: ProductName,
    /// The price of one item.
    pub price: Money,
    /// The number of items in stock.
    pub stock: Stock,
    /// The version, which grows by one with every change of the product.
    pub version: u64,
}
