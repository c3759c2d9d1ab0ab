//! A database's users: the service, which reaches its own database and nothing else, and one who may
//! only look.

use anyhow::{Result, anyhow};
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use secrecy::{ExposeSecret as _, SecretString};
use secrets::BROWSER;

use crate::console::say;
use crate::databases::{Database, User};
use crate::replica_set::{is_refused, sentence};

/// Makes the users, or sees to it that they have their passwords and rights.
pub(crate) async fn prepare(database: &Database) -> Result<()> {
    let root = database.client(User::Root)?;
    ensure(
        database,
        &root,
        database.name,
        &database.password,
        "readWrite",
    )
    .await?;
    if let Some(password) = &database.browser_password {
        ensure(database, &root, BROWSER, password, "read").await?;
    }
    Ok(())
}

async fn ensure(
    database: &Database,
    root: &Client,
    name: &str,
    password: &SecretString,
    role: &str,
) -> Result<()> {
    let shop = database.shop.as_str();
    let roles = vec![Bson::from(doc! { "role": role, "db": shop })];
    let change = |verb: &str| doc! { verb: name, "pwd": password.expose_secret(), "roles": &roles };
    let run = async |command: Document| {
        let outcome = root.database(shop).run_command(command).await;
        outcome.map_err(|error| {
            anyhow!(sentence(&error)).context(format!("the user {name} was not looked after"))
        })
    };

    let found = run(doc! { "usersInfo": name }).await?;
    let user = found
        .get_array("users")?
        .first()
        .and_then(Bson::as_document);
    let Some(user) = user else {
        run(change("createUser")).await?;
        say(format_args!(
            "made the user {name} of the database of {}, with the role {role}",
            database.name
        ));
        return Ok(());
    };
    let has_role = user
        .get_array("roles")
        .is_ok_and(|granted| granted == &roles);
    if has_role && can_log_in(database, name, password).await? {
        say(format_args!(
            "the database of {} has its user {name}",
            database.name
        ));
    } else {
        run(change("updateUser")).await?;
        say(format_args!(
            "gave the user {name} of the database of {} its password and role anew",
            database.name
        ));
    }
    Ok(())
}

/// Whether the password in the file is the one in the database.
async fn can_log_in(database: &Database, name: &str, password: &SecretString) -> Result<bool> {
    let user = database.client(User::Of(name, password))?;
    match user
        .database(&database.shop)
        .run_command(doc! { "ping": 1 })
        .await
    {
        Ok(_) => Ok(true),
        Err(error) if is_refused(&error) => Ok(false),
        Err(error) => Err(anyhow!(sentence(&error))),
    }
}
