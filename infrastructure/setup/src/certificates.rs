//! The certificates of the databases' members.

use anyhow::{Context as _, Result};
use mongodb::bson::doc;

use crate::console::print_line;
use crate::database::{Database, User};
use crate::mongo_error::MongoError;

/// Makes each member read its certificate again, which may have been renewed since the member has started.
/// Open connections go on.
pub(crate) async fn reload(database: &Database) -> Result<()> {
    if !database.uses_tls() {
        return Ok(());
    }
    for member in &database.members {
        let admin = database
            .member_client(member, User::Root)?
            .database("admin");
        let reloaded = admin.run_command(doc! { "rotateCertificates": 1 }).await;
        reloaded
            .map_err(MongoError)
            .with_context(|| format!("{member} cannot read its certificate again"))?;
    }
    print_line(format_args!(
        "the members of the database of {} have read their certificates again",
        database.service
    ));
    Ok(())
}
