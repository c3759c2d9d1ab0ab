//! Listing products page by page.
//!
//! All pages together contain each product exactly once, if it existed during the whole listing. That
//! is easy if the sort key never changes, like the creation time and the name. A price changes, so the
//! cursor of a list by price contains the number of the last price change at its first page, and
//! all pages use the prices of that moment. Such a cursor expires after [`MAX_PRICE_CHANGES`].

use domain::{CategoryName, ProductId};

use crate::catalogue::Product;

/// The number of price changes after which a cursor by price expires, because each page reads all
/// changes since the first page.
pub(crate) const MAX_PRICE_CHANGES: i64 = 10_000;

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Sort {
    /// By creation.
    #[default]
    Oldest,
    Newest,
    PriceAsc,
    PriceDesc,
    /// By [`crate::search::name_key`].
    NameAsc,
    NameDesc,
}

/// The products of a list and their order. A filter that is `None` matches every product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Selection {
    pub(crate) category: Option<CategoryName>,
    /// A product matches if, for each of these, one of its words begins with it.
    pub(crate) words: Option<Vec<String>>,
    pub(crate) in_stock: Option<bool>,
    pub(crate) sort: Sort,
}

/// A request for a page of a list.
#[derive(Clone, Debug)]
pub(crate) struct PageRequest {
    pub(crate) selection: Selection,
    /// The end of the previous page.
    pub(crate) after: Option<Cursor>,
    /// The maximum length of the page.
    pub(crate) limit: u32,
}

/// The sort key and id of the last product of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) key: SortKey,
    pub(crate) id: ProductId,
}

/// The value that products are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SortKey {
    /// The creation time in milliseconds since 1970.
    Created(i64),
    /// The price in minor units after the price change number `as_of`.
    Price { minor: i64, as_of: i64 },
    /// See [`crate::search::name_key`].
    Name(String),
}

/// A page, and its cursor unless it is the last.
pub(crate) struct Page {
    pub(crate) products: Vec<Product>,
    pub(crate) next: Option<Cursor>,
}
