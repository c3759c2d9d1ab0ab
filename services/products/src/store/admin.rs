//! What admins change: new products and categories, other prices, more or less stock.

use domain::{CategoryName, ProductName};
use events::Event;
use jiff::Timestamp;
use mongo::{commit, is_duplicate_key, is_transient};
use mongodb::ClientSession;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{DateTime, Decimal128, doc};
use mongodb::error::Error;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::decisions::pause;
use super::documents::{Category, Product, Repricing, Restock, object_id, price, stock_bson};
use super::{CONFLICTS, Store, StoreError};
use crate::catalogue::{self, Change, RuleError, restocked};
use crate::search;

/// Who asks for a change, and by which Idempotency-Key.
pub(crate) struct Author<'a> {
    pub(crate) email: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) traceparent: Option<String>,
}

/// Why a product or category was not made.
pub(crate) enum CreateRefused {
    Exists,
    UnknownCategory,
    Store(StoreError),
}

/// Why a product was not changed.
pub(crate) enum ChangeRefused {
    UnknownProduct,
    UnknownCategory,
    Rule(RuleError),
    /// The key was used for another change.
    KeyReused,
    Store(StoreError),
}

impl<E: Into<StoreError>> From<E> for CreateRefused {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

impl<E: Into<StoreError>> From<E> for ChangeRefused {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Adds a category.
    pub(crate) async fn create_category(&self, name: &CategoryName) -> Result<(), CreateRefused> {
        let category = Category {
            id: ObjectId::new(),
            name: name.clone(),
        };
        match self.categories.insert_one(&category).await {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate_key(&error) => Err(CreateRefused::Exists),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds a product, and tells orders of it.
    pub(crate) async fn create_product(
        &self,
        product: &catalogue::Product,
        author: &Author<'_>,
        now: Timestamp,
    ) -> Result<(), CreateRefused> {
        let categories = self
            .category_ids(&product.categories)
            .await?
            .ok_or(CreateRefused::UnknownCategory)?;
        let document = Product {
            id: ObjectId::new(),
            name: product.name.clone(),
            description: product.description.clone(),
            price: price(product.price),
            quantity: product.quantity,
            categories,
            version: 1,
            created_at: DateTime::from_millis(now.as_millisecond()),
            words: Product::words(&product.name, &product.description),
            name_key: search::name_key(product.name.as_str()),
        };
        let mut tries = Tries::default();
        loop {
            match self.insert_product(&document, author, now).await {
                Ok(()) => return Ok(()),
                Err(error) if is_duplicate_key(&error) => return Err(CreateRefused::Exists),
                Err(error) if is_transient(&error) && tries.are_left() => tries.pause().await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn insert_product(
        &self,
        product: &Product,
        author: &Author<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut session = self.transaction().await?;
        self.products
            .insert_one(product)
            .session(&mut session)
            .await?;
        let event = Event::ProductCreate {
            product: product.state()?,
        };
        self.commit_and_tell(session, &event, author, now).await
    }

    /// Changes a product, and tells orders of it. Answers what `answer` makes of the product;
    /// the same key again answers the same again.
    pub(crate) async fn change_product(
        &self,
        name: &ProductName,
        change: &Change,
        author: &Author<'_>,
        now: Timestamp,
        answer: impl Fn(&catalogue::Product) -> String,
    ) -> Result<String, ChangeRefused> {
        let request = fingerprint(name, change)?;
        let id = author
            .key
            .map_or_else(ObjectId::new, |key| derived_id(author.email, key));
        let mut tries = Tries::default();
        loop {
            if author.key.is_some()
                && let Some(earlier) = self.restocks.find_one(doc! { "_id": id }).await?
            {
                return repeat(earlier, &request);
            }
            let mut restock = Restock::new(id, now, author.key.map(|_| request.clone()));
            match self
                .try_change(name, change, author, now, &mut restock, &answer)
                .await
            {
                Err(ChangeRefused::Store(error))
                    if worth_another_try(&error) && tries.are_left() =>
                {
                    tries.pause().await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn try_change(
        &self,
        name: &ProductName,
        change: &Change,
        author: &Author<'_>,
        now: Timestamp,
        restock: &mut Restock,
        answer: impl Fn(&catalogue::Product) -> String,
    ) -> Result<String, ChangeRefused> {
        let categories = match &change.categories {
            Some(names) => Some(
                self.category_ids(names)
                    .await?
                    .ok_or(ChangeRefused::UnknownCategory)?,
            ),
            None => None,
        };
        let mut session = self.transaction().await?;
        let found = self
            .products
            .find_one(doc! { "name": name.as_str() })
            .session(&mut session)
            .await?;
        let mut product = found.ok_or(ChangeRefused::UnknownProduct)?;
        let before = product.version;
        apply(&mut product, change, categories).map_err(ChangeRefused::Rule)?;
        if let Some(wanted) = change.price.map(price)
            && wanted != product.price
        {
            restock.repricing = Some(self.repricing(product.price, &mut session).await?);
            product.price = wanted;
        }
        self.replace(&mut session, &product, before).await?;
        let state = product.state()?;
        let text = answer(&self.shown_one(product.clone()).await?);
        restock.product_id = product.id;
        restock.delta = change.add_quantity;
        restock.version = product.version;
        restock.answer = restock.request.as_ref().map(|_| text.clone());
        self.restocks
            .insert_one(&*restock)
            .session(&mut session)
            .await?;
        let event = Event::ProductsQuantityUpdate {
            products: vec![state],
        };
        self.commit_and_tell(session, &event, author, now).await?;
        Ok(text)
    }

    /// The next one. Of two at once, one meets the other's number and is tried again.
    async fn repricing(
        &self,
        former_price: Decimal128,
        session: &mut ClientSession,
    ) -> Result<Repricing, Error> {
        Ok(Repricing {
            number: self.last_repricing(session).await? + 1,
            former_price,
        })
    }

    async fn replace(
        &self,
        session: &mut ClientSession,
        product: &Product,
        before: i64,
    ) -> Result<(), Error> {
        let update = doc! { "$set": {
            "description": product.description.as_str(),
            "price": product.price,
            "quantity": stock_bson(product.quantity),
            "categories": &product.categories,
            "version": product.version,
            "words": &product.words,
        } };
        self.products
            .update_one(doc! { "_id": product.id, "version": before }, update)
            .session(session)
            .await?;
        Ok(())
    }

    async fn shown_one(&self, product: Product) -> Result<catalogue::Product, Error> {
        let names = self.category_names(&product.categories).await?;
        let categories = product
            .categories
            .iter()
            .filter_map(|id| names.get(id).cloned())
            .collect();
        product.shown(categories)
    }

    async fn commit_and_tell(
        &self,
        mut session: ClientSession,
        event: &Event,
        author: &Author<'_>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let message = events::Message::new(
            &self.topics,
            crate::SERVICE,
            event,
            now,
            author.traceparent.clone(),
        );
        let stored = self.outbox.store(&mut session, vec![message], now).await?;
        commit(&mut session).await?;
        self.outbox.try_publish(stored);
        Ok(())
    }
}

impl Restock {
    fn new(id: ObjectId, now: Timestamp, request: Option<String>) -> Self {
        Self {
            id,
            product_id: object_id(domain::ProductId::from_bytes([0; 12])),
            delta: 0,
            version: 0,
            at: DateTime::from_millis(now.as_millisecond()),
            repricing: None,
            request,
            answer: None,
        }
    }
}

fn apply(
    product: &mut Product,
    change: &Change,
    categories: Option<Vec<ObjectId>>,
) -> Result<(), RuleError> {
    product.quantity = restocked(product.quantity, change.add_quantity)?;
    if let Some(description) = &change.description {
        product.description = description.clone();
        product.words = Product::words(&product.name, description);
    }
    if let Some(categories) = categories {
        product.categories = categories;
    }
    product.version += 1;
    Ok(())
}

/// The tries of a change, while decisions or a transaction that nobody will end keep it out.
struct Tries {
    made: u32,
    end: Instant,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            made: 0,
            end: Instant::now() + CONFLICTS,
        }
    }
}

impl Tries {
    fn are_left(&self) -> bool {
        Instant::now() < self.end
    }

    /// Waits a little before the next one.
    async fn pause(&mut self) {
        self.made += 1;
        tokio::time::sleep(pause(self.made)).await;
    }
}

/// A conflict with a decision, or with the same key in another request.
fn worth_another_try(error: &StoreError) -> bool {
    error.is_transient() || error.is_duplicate_key()
}

/// What is asked, in the form that is stored: the same for the same change, however it was written
/// and by whichever release.
fn fingerprint(product: &ProductName, change: &Change) -> Result<String, Error> {
    #[derive(Serialize)]
    struct Asked<'a> {
        product: &'a ProductName,
        change: &'a Change,
    }
    serde_json::to_string(&Asked { product, change }).map_err(Error::custom)
}

fn repeat(earlier: Restock, request: &str) -> Result<String, ChangeRefused> {
    match (earlier.request, earlier.answer) {
        (Some(asked), Some(answer)) if asked == request => Ok(answer),
        _ => Err(ChangeRefused::KeyReused),
    }
}

/// The same admin's same key is the same change.
fn derived_id(email: &str, key: &str) -> ObjectId {
    let digest = Sha256::new()
        .chain_update(email)
        .chain_update([0])
        .chain_update(key)
        .finalize();
    let mut id = [0; 12];
    id.copy_from_slice(&digest[..12]);
    ObjectId::from_bytes(id)
}

#[cfg(test)]
mod tests {
    use domain::{Description, Money};

    use super::*;

    #[test]
    fn given_a_change_when_its_fingerprint_is_taken_then_it_is_what_was_stored_before() {
        let check = |change: Change, expected: &str| {
            let product = ProductName::parse(" Chair ").expect("a name");
            let taken = fingerprint(&product, &change).expect("it is JSON");
            assert_eq!(
                taken,
                format!(r#"{{"product":"chair","change":{expected}}}"#)
            );
        };
        let restock = Change {
            add_quantity: 5,
            ..Change::default()
        };
        check(restock, r#"{"add_quantity":5}"#);
        let everything = Change {
            description: Description::parse("Soft ").ok(),
            price: Money::from_minor(3150).ok(),
            categories: CategoryName::parse("Kitchen").ok().map(|name| vec![name]),
            add_quantity: -1,
        };
        check(
            everything,
            r#"{"description":"Soft","price":31.50,"categories":["kitchen"],"add_quantity":-1}"#,
        );
    }
}
