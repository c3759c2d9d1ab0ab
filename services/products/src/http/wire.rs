//! Request and response bodies, and queries.

use domain::{CategoryName, Description, Money, ProductName};
use serde::{Deserialize, Serialize};
use service_kit::extract::Object;
use service_kit::integer::Integer;
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::{self, Change, Product, RuleError};
use crate::listing::Sort;

/// A product.
#[derive(Serialize, ToSchema)]
pub(super) struct ProductBody<'a> {
    /// The name, which is unique and in lower case.
    #[schema(example = "chair")]
    name: &'a str,
    /// The description.
    #[schema(example = "A comfortable armchair")]
    description: &'a str,
    /// The price of one item, with at most two decimals.
    #[schema(value_type = f64, example = 29.99)]
    price: Money,
    /// The number of items in stock.
    #[schema(minimum = 0, maximum = 2_147_483_647, example = 30)]
    quantity: u32,
    /// The names of the categories.
    #[schema(value_type = Vec<String>, example = json!(["furniture", "kitchen"]))]
    categories: &'a [CategoryName],
}

/// A list of products.
#[derive(Serialize, ToSchema)]
pub(super) struct ProductsBody<'a> {
    /// The products in the order of creation or of `sort`.
    #[schema(value_type = Vec<ProductBody>)]
    pub(super) products: Vec<ProductBody<'a>>,
    /// The cursor of the next page, `null` on the last page. Present if `limit` or `cursor` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) next_cursor: Option<NextCursor>,
}

/// The cursor of the next page; `null` in JSON if there is none.
#[derive(Serialize)]
pub(super) struct NextCursor(pub(super) Option<String>);

impl<'a> From<&'a Product> for ProductBody<'a> {
    fn from(product: &'a Product) -> Self {
        Self {
            name: product.name.as_str(),
            description: product.description.as_str(),
            price: product.price,
            quantity: product.quantity.get(),
            categories: &product.categories,
        }
    }
}

/// A query for products.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", expecting = "a query")]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only the product with this name.
    pub(super) name: Option<String>,
    /// Only products in this category.
    pub(super) category_name: Option<String>,
    /// Only products with words that begin with these, in name or description.
    #[param(max_length = 200)]
    pub(super) q: Option<String>,
    /// Only products in stock (`true`) or sold out (`false`).
    #[serde(rename = "in_stock")]
    #[param(value_type = Option<bool>)]
    pub(super) in_stock: Option<Flag>,
    /// The order; by default the order of creation. All pages of a list by price use the prices at
    /// the time of the first page, so that each product is listed once even if its price changes.
    #[param(inline)]
    pub(super) sort: Option<SortName>,
    /// The maximum number of products on a page. Required for a list of more than 24 MiB.
    #[param(minimum = 1, maximum = 100)]
    pub(super) limit: Option<i64>,
    /// The `next_cursor` of the previous page, which has the same order.
    pub(super) cursor: Option<String>,
}

/// `true` or `false`. As an enum it has a clear error message for other values.
#[derive(Clone, Copy, Deserialize)]
pub(super) enum Flag {
    #[serde(rename = "true")]
    True,
    #[serde(rename = "false")]
    False,
}

impl From<Flag> for bool {
    fn from(flag: Flag) -> Self {
        matches!(flag, Flag::True)
    }
}

/// The order of a list.
#[derive(Clone, Copy, Deserialize, ToSchema)]
pub(super) enum SortName {
    #[serde(rename = "newest")]
    Newest,
    #[serde(rename = "price")]
    Price,
    #[serde(rename = "-price")]
    PriceDesc,
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDesc,
}

impl From<SortName> for Sort {
    fn from(name: SortName) -> Self {
        match name {
            SortName::Newest => Self::Newest,
            SortName::Price => Self::PriceAsc,
            SortName::PriceDesc => Self::PriceDesc,
            SortName::Name => Self::NameAsc,
            SortName::NameDesc => Self::NameDesc,
        }
    }
}

/// The product to change.
#[derive(Deserialize, IntoParams)]
#[serde(expecting = "a query")]
#[into_params(parameter_in = Query)]
pub(super) struct ProductQuery {
    /// The product's name.
    pub(super) name: String,
}

/// A product to add.
#[derive(Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct NewProduct {
    /// The product.
    #[schema(value_type = NewProductFields)]
    pub(super) product: Object<NewProductFields>,
}

/// The fields of a product to add.
#[derive(Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct NewProductFields {
    /// 1 to 100 characters, stored in lower case.
    #[schema(min_length = 1, max_length = 100, example = "lamp")]
    name: String,
    /// 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000, example = "A warm light")]
    description: String,
    /// 0.01 to 99,999,999.99, with at most two decimals.
    #[schema(minimum = 0.01, maximum = 99_999_999.99, example = 19.99)]
    price: f64,
    /// The number of items in stock.
    #[schema(value_type = i64, minimum = 0, maximum = 2_147_483_647, example = 5)]
    quantity: Integer,
    /// 1 to 10 names of existing categories.
    #[schema(min_items = 1, example = json!(["furniture"]))]
    categories: Vec<String>,
}

impl NewProductFields {
    /// Checks the rules; `None` if a category cannot exist.
    pub(super) fn checked(&self) -> Result<Option<Product>, RuleError> {
        let (name, description) = (
            ProductName::parse(&self.name).map_err(RuleError::Name)?,
            Description::parse(&self.description).map_err(RuleError::Description)?,
        );
        let (price, quantity) = (
            catalogue::price(self.price)?,
            catalogue::stock(self.quantity.0)?,
        );
        let categories = catalogue::categories(&self.categories)?;
        Ok(categories.map(|categories| Product {
            name,
            description,
            price,
            quantity,
            categories,
        }))
    }
}

/// The changes; fields that are left out keep their values.
#[derive(Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct Changes {
    /// The new description.
    #[schema(min_length = 1, max_length = 2000)]
    description: Option<String>,
    /// The new price.
    #[schema(minimum = 0.01, maximum = 99_999_999.99)]
    price: Option<f64>,
    /// The new categories.
    #[schema(min_items = 1)]
    categories: Option<Vec<String>>,
    /// The number of items to add or, if negative, to remove.
    #[schema(value_type = Option<i64>, example = 10)]
    add_quantity: Option<Integer>,
}

impl Changes {
    /// Checks the rules; `None` if a category cannot exist.
    pub(super) fn checked(&self) -> Result<Option<Change>, RuleError> {
        let categories = match &self.categories {
            Some(names) => match catalogue::categories(names)? {
                Some(categories) => Some(categories),
                None => return Ok(None),
            },
            None => None,
        };
        let change = Change {
            description: self
                .description
                .as_deref()
                .map(Description::parse)
                .transpose()
                .map_err(RuleError::Description)?,
            price: self.price.map(catalogue::price).transpose()?,
            categories,
            add_quantity: self.add_quantity.map_or(0, |Integer(added)| added),
        };
        change.checked().map(Some)
    }
}

/// A category.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct CategoryBody {
    /// The name, stored in lower case.
    #[schema(min_length = 1, max_length = 100, example = "garden")]
    pub(super) name: String,
}

/// All categories.
#[derive(Serialize, ToSchema)]
pub(super) struct CategoriesBody {
    /// The categories in the order of creation.
    pub(super) categories: Vec<CategoryBody>,
}
