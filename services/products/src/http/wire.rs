//! What goes over the wire. The types here have the right shape; the rules are the catalogue's.

use domain::{CategoryName, Description, Money, ProductName};
use serde::{Deserialize, Serialize};
use service_kit::extract::Object;
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::{self, Change, Product, RuleError, Sort};

/// A product.
#[derive(Serialize, ToSchema)]
pub(super) struct ProductBody<'a> {
    /// Its public key, in lower case.
    #[schema(example = "chair")]
    name: &'a str,
    /// What it is.
    #[schema(example = "A comfortable armchair")]
    description: &'a str,
    /// What one piece costs, with at most two decimals.
    #[schema(value_type = f64, example = 29.99)]
    price: Money,
    /// How many pieces there are.
    #[schema(minimum = 0, maximum = 2_147_483_647, example = 30)]
    quantity: u32,
    /// The names of its categories.
    #[schema(value_type = Vec<String>, example = json!(["furniture", "kitchen"]))]
    categories: &'a [CategoryName],
}

/// Products.
#[derive(Serialize, ToSchema)]
pub(super) struct ProductsBody<'a> {
    /// In the order of creation, or the one asked for.
    #[schema(value_type = Vec<ProductBody>)]
    pub(super) products: Vec<ProductBody<'a>>,
    /// Where the next page begins, `null` on the last; only if a page was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) next_cursor: Option<NextCursor>,
}

/// Where the next page begins; `null` on the wire if there is none.
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

/// Which products.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", expecting = "a query")]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The one of this name.
    pub(super) name: Option<String>,
    /// Those of this category.
    pub(super) category_name: Option<String>,
    /// Those with words that begin so, in name or description.
    #[param(max_length = 200)]
    pub(super) q: Option<String>,
    /// Only those of which there are some, or only those that are sold out.
    #[serde(rename = "in_stock")]
    #[param(value_type = Option<bool>)]
    pub(super) in_stock: Option<YesOrNo>,
    /// In this order, instead of that of creation. A walk by price keeps the prices of its first
    /// page, so that each product comes once whatever its price becomes meanwhile.
    #[param(inline)]
    pub(super) sort: Option<SortName>,
    /// A page of so many.
    #[param(minimum = 1, maximum = 100)]
    pub(super) limit: Option<i64>,
    /// The page that begins at this `next_cursor`, of a page in the same order.
    pub(super) cursor: Option<String>,
}

/// A yes or no in a query, refused in words if it is neither.
#[derive(Clone, Copy, Deserialize)]
pub(super) enum YesOrNo {
    #[serde(rename = "true")]
    Yes,
    #[serde(rename = "false")]
    No,
}

impl From<YesOrNo> for bool {
    fn from(said: YesOrNo) -> Self {
        matches!(said, YesOrNo::Yes)
    }
}

/// In which order.
#[derive(Clone, Copy, Deserialize, ToSchema)]
pub(super) enum SortName {
    #[serde(rename = "newest")]
    Newest,
    #[serde(rename = "price")]
    Price,
    #[serde(rename = "-price")]
    PriceDown,
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDown,
}

impl From<SortName> for Sort {
    fn from(name: SortName) -> Self {
        match name {
            SortName::Newest => Self::Newest,
            SortName::Price => Self::Cheapest,
            SortName::PriceDown => Self::Dearest,
            SortName::Name => Self::Name,
            SortName::NameDown => Self::NameBackwards,
        }
    }
}

/// Which product.
#[derive(Deserialize, IntoParams)]
#[serde(expecting = "a query")]
#[into_params(parameter_in = Query)]
pub(super) struct Named {
    /// Its name.
    pub(super) name: String,
}

/// A product to be added.
#[derive(Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct NewProduct {
    /// The product.
    #[schema(value_type = NewProductFields)]
    pub(super) product: Object<NewProductFields>,
}

/// The fields of a product to be added.
#[derive(Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct NewProductFields {
    /// 1 to 100 characters; kept in lower case.
    #[schema(min_length = 1, max_length = 100, example = "lamp")]
    name: String,
    /// 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000, example = "A warm light")]
    description: String,
    /// 0.01 to 99,999,999.99, with at most two decimals.
    #[schema(minimum = 0.01, maximum = 99_999_999.99, example = 19.99)]
    price: f64,
    /// How many pieces there are.
    #[schema(minimum = 0, maximum = 2_147_483_647, example = 5)]
    quantity: i64,
    /// 1 to 10 names of categories that exist.
    #[schema(min_items = 1, example = json!(["furniture"]))]
    categories: Vec<String>,
}

impl NewProductFields {
    /// The product, or `None` if a category is named that cannot exist.
    pub(super) fn checked(&self) -> Result<Option<Product>, RuleError> {
        let (name, description) = (
            ProductName::parse(&self.name)?,
            Description::parse(&self.description)?,
        );
        let (price, quantity) = (
            catalogue::price(self.price)?,
            catalogue::stock(self.quantity)?,
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

/// What is to be changed; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct Changes {
    /// Another description.
    #[schema(min_length = 1, max_length = 2000)]
    description: Option<String>,
    /// Another price.
    #[schema(minimum = 0.01, maximum = 99_999_999.99)]
    price: Option<f64>,
    /// Other categories.
    #[schema(min_items = 1)]
    categories: Option<Vec<String>>,
    /// Pieces that came in or, negative, went out.
    #[schema(example = 10)]
    add_quantity: Option<i64>,
}

impl Changes {
    /// The change, or `None` if a category is named that cannot exist.
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
                .transpose()?,
            price: self.price.map(catalogue::price).transpose()?,
            categories,
            add_quantity: self.add_quantity.unwrap_or(0),
        };
        change.checked().map(Some)
    }
}

/// A category.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
pub(super) struct CategoryBody {
    /// Its name, kept in lower case.
    #[schema(min_length = 1, max_length = 100, example = "garden")]
    pub(super) name: String,
}

/// All categories.
#[derive(Serialize, ToSchema)]
pub(super) struct CategoriesBody {
    /// In the order of creation.
    pub(super) categories: Vec<CategoryBody>,
}
