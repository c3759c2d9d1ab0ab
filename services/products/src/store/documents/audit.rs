//! The audit of what admins change.

use domain::Email;
use jiff::Timestamp;
use mongo::time::date;
use mongodb::bson::DateTime;
use mongodb::bson::oid::ObjectId;
use serde::{Deserialize, Serialize};

use super::version_to_i64;
use crate::audit::{AuditRecord, FieldChange};

/// What an admin did to the catalogue.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct Audit {
    #[serde(rename = "_id")]
    id: ObjectId,
    at: DateTime,
    admin: Email,
    action: String,
    /// The name of the product or category.
    subject: String,
    /// The product's version after the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    fields: Vec<AuditField>,
}

#[derive(Serialize, Deserialize)]
struct AuditField {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl Audit {
    pub(in crate::store) fn new(record: &AuditRecord, version: Option<u64>, at: Timestamp) -> Self {
        let field = |field: &FieldChange| AuditField {
            name: field.name.to_owned(),
            before: field.before.clone(),
            after: field.after.clone(),
        };
        Self {
            id: ObjectId::new(),
            at: date(at),
            admin: record.admin.clone(),
            action: record.action.name().to_owned(),
            subject: record.action.subject().to_owned(),
            version: version.map(version_to_i64),
            fields: record.fields.iter().map(field).collect(),
        }
    }
}
