//! The audit: who changed what in the catalogue.

use domain::{CategoryName, Email, ProductName};

use crate::catalogue::Product;

/// A change by an admin, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditRecord {
    pub(crate) admin: Email,
    pub(crate) action: Action,
    /// The fields that have other values than before.
    pub(crate) fields: Vec<FieldChange>,
}

/// What an admin did, to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    CreateCategory(CategoryName),
    CreateProduct(ProductName),
    ChangeProduct(ProductName),
}

/// A field and its values. A description is too long to be recorded, so it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldChange {
    pub(crate) name: &'static str,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl AuditRecord {
    pub(crate) fn category_created(admin: &Email, name: &CategoryName) -> Self {
        Self {
            admin: admin.clone(),
            action: Action::CreateCategory(name.clone()),
            fields: Vec::new(),
        }
    }

    pub(crate) fn product_created(admin: &Email, product: &Product) -> Self {
        Self {
            admin: admin.clone(),
            action: Action::CreateProduct(product.name.clone()),
            fields: changes(None, product),
        }
    }

    pub(crate) fn product_changed(admin: &Email, before: &Product, after: &Product) -> Self {
        Self {
            admin: admin.clone(),
            action: Action::ChangeProduct(after.name.clone()),
            fields: changes(Some(before), after),
        }
    }

    /// Logs the change after its commit.
    pub(crate) fn log(&self) {
        let (admin, action, subject) = (
            self.admin.fingerprint(),
            self.action.name(),
            self.action.subject(),
        );
        let fields: Vec<_> = self.fields.iter().map(|field| field.name).collect();
        let fields = fields.join(",");
        tracing::info!(target: "audit", admin, action, subject, fields, "the catalogue was changed");
    }
}

impl Action {
    /// The name in the database and in the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::CreateCategory(_) => "create-category",
            Self::CreateProduct(_) => "create-product",
            Self::ChangeProduct(_) => "change-product",
        }
    }

    /// The name of the category or product.
    pub(crate) fn subject(&self) -> &str {
        match self {
            Self::CreateCategory(name) => name.as_str(),
            Self::CreateProduct(name) | Self::ChangeProduct(name) => name.as_str(),
        }
    }
}

/// The name of a field, and its value in a product.
type SmallField = (&'static str, fn(&Product) -> String);

fn changes(before: Option<&Product>, after: &Product) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    if before.is_none_or(|before| before.description != after.description) {
        changes.push(FieldChange {
            name: "description",
            before: None,
            after: None,
        });
    }
    let small_fields: [SmallField; 3] = [
        ("price", |product| product.price.to_string()),
        ("quantity", |product| product.quantity.get().to_string()),
        ("categories", |product| categories(&product.categories)),
    ];
    for (name, value) in small_fields {
        let (before, after) = (before.map(value), value(after));
        if before.as_ref() != Some(&after) {
            changes.push(FieldChange {
                name,
                before,
                after: Some(after),
            });
        }
    }
    changes
}

fn categories(names: &[CategoryName]) -> String {
    let names: Vec<_> = names.iter().map(CategoryName::as_str).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use domain::{Description, Money, Stock};

    use super::*;

    fn chair(price: i64, quantity: i64, description: &str) -> Product {
        Product {
            name: ProductName::parse("chair").expect("a name"),
            description: Description::parse(description).expect("a description"),
            price: Money::from_minor(price).expect("a price"),
            quantity: Stock::try_from(quantity).expect("a stock"),
            categories: vec![CategoryName::parse("kitchen").expect("a name")],
        }
    }

    #[test]
    fn given_a_change_when_recorded_then_it_has_only_the_fields_that_differ() {
        let admin = Email::parse("admin@example.com").expect("an address");
        let (before, after) = (chair(100, 5, "soft"), chair(250, 5, "hard"));
        let record = AuditRecord::product_changed(&admin, &before, &after);
        let description = FieldChange {
            name: "description",
            before: None,
            after: None,
        };
        let price = FieldChange {
            name: "price",
            before: Some("1.00".to_owned()),
            after: Some("2.50".to_owned()),
        };
        assert_eq!(record.fields, [description, price]);
        let created = AuditRecord::product_created(&admin, &before);
        let fields: Vec<_> = created.fields.iter().map(|field| field.name).collect();
        assert_eq!(fields, ["description", "price", "quantity", "categories"]);
    }
}
