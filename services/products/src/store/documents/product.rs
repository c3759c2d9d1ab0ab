//! Products and categories.

use std::collections::HashMap;
use std::io;

use domain::{CategoryName, Description, Money, ProductId, ProductName, Stock};
use events::ProductState;
use mongo::decimal;
use mongo::time::date;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128, Document, doc};
use mongodb::error::Error;
use serde::{Deserialize, Serialize};

use super::object_id;
use crate::catalogue::{self, CategoryId, VersionedProduct};
use crate::ports::NewProduct;
use crate::search;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct Category {
    #[serde(rename = "_id")]
    pub(in crate::store) id: ObjectId,
    pub(in crate::store) name: CategoryName,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct Product {
    #[serde(rename = "_id")]
    pub(in crate::store) id: ObjectId,
    pub(in crate::store) name: ProductName,
    pub(in crate::store) description: Description,
    pub(in crate::store) price: Decimal128,
    pub(in crate::store) quantity: Stock,
    pub(in crate::store) categories: Vec<ObjectId>,
    pub(in crate::store) version: i64,
    pub(in crate::store) created_at: DateTime,
    /// The search words of its name and description.
    pub(in crate::store) words: Vec<String>,
    /// The sort key by name.
    #[serde(default)]
    pub(in crate::store) name_key: String,
}

/// The fields of a product that a list needs.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::store) struct ListedProduct {
    #[serde(rename = "_id")]
    pub(in crate::store) id: ObjectId,
    name: ProductName,
    description: Description,
    pub(in crate::store) price: Decimal128,
    quantity: Stock,
    pub(in crate::store) categories: Vec<ObjectId>,
    pub(in crate::store) created_at: DateTime,
    #[serde(default)]
    pub(in crate::store) name_key: String,
}

impl Product {
    pub(in crate::store) fn new(new: &NewProduct) -> Self {
        let product = &new.product;
        Self {
            id: object_id(new.id),
            name: product.name.clone(),
            description: product.description.clone(),
            price: price(product.price),
            quantity: product.quantity,
            categories: category_object_ids(&new.categories),
            version: 1,
            created_at: date(new.created_at),
            words: Self::words(&product.name, &product.description),
            name_key: search::name_key(product.name.as_str()),
        }
    }

    pub(in crate::store) fn words(name: &ProductName, description: &Description) -> Vec<String> {
        search::words([name.as_str(), description.as_str()])
    }

    pub(in crate::store) fn price(&self) -> Result<Money, Error> {
        money(self.id, self.price)
    }

    /// Returns the state that is published to orders.
    pub(in crate::store) fn into_state(self) -> Result<ProductState, Error> {
        Ok(ProductState {
            id: ProductId::from_bytes(self.id.bytes()),
            price: self.price()?,
            quantity: self.quantity,
            version: self.version.unsigned_abs(),
            name: self.name,
        })
    }

    pub(in crate::store) fn into_versioned(
        self,
        names: &HashMap<ObjectId, CategoryName>,
    ) -> Result<VersionedProduct, Error> {
        Ok(VersionedProduct {
            id: ProductId::from_bytes(self.id.bytes()),
            version: self.version.unsigned_abs(),
            product: catalogue::Product {
                price: self.price()?,
                name: self.name,
                description: self.description,
                quantity: self.quantity,
                categories: names_of(&self.categories, names)?,
            },
        })
    }
}

impl ListedProduct {
    /// The fields that the database returns.
    pub(in crate::store) fn projection() -> Document {
        doc! {
            "name": 1, "description": 1, "price": 1, "quantity": 1, "categories": 1,
            "created_at": 1, "name_key": 1,
        }
    }

    pub(in crate::store) fn into_product(
        self,
        names: &HashMap<ObjectId, CategoryName>,
    ) -> Result<catalogue::Product, Error> {
        Ok(catalogue::Product {
            price: money(self.id, self.price)?,
            name: self.name,
            description: self.description,
            quantity: self.quantity,
            categories: names_of(&self.categories, names)?,
        })
    }
}

/// A category that is not in `names` is not left out. It was read from a server that does not have it
/// yet, because categories are never removed, so a later attempt can succeed.
fn names_of(
    categories: &[ObjectId],
    names: &HashMap<ObjectId, CategoryName>,
) -> Result<Vec<CategoryName>, Error> {
    let name_of = |id: &ObjectId| {
        let name = names.get(id).cloned();
        name.ok_or_else(|| io::Error::other(format!("the database has no category {id}")).into())
    };
    categories.iter().map(name_of).collect()
}

fn money(product: ObjectId, price: Decimal128) -> Result<Money, Error> {
    decimal::to_hundredths(price)
        .and_then(|minor| Money::from_minor(minor).ok())
        .ok_or_else(|| invalid_price(product, price))
}

pub(in crate::store) fn invalid_price(product: ObjectId, price: Decimal128) -> Error {
    Error::custom(format!("product {product} has the invalid price {price}"))
}

pub(in crate::store) fn price(money: Money) -> Decimal128 {
    decimal::from_hundredths(money.minor())
}

pub(in crate::store) fn category_object_ids(categories: &[CategoryId]) -> Vec<ObjectId> {
    let ids = categories.iter().map(|id| ObjectId::from_bytes(id.0));
    ids.collect()
}
