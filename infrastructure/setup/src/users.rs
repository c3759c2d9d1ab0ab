//! The users of a database: the service, with write access to its own database only, and a read-only
//! user for people.

use anyhow::{Context as _, Result};
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use secrecy::{ExposeSecret as _, SecretString};
use secrets::BROWSER;

use crate::console::print_line;
use crate::database::{Database, User};
use crate::mongo_error::{MongoError, is_authentication_failure};

/// Creates missing users, and corrects passwords and roles that differ.
pub(crate) async fn prepare(database: &Database) -> Result<()> {
    let root = database.client(User::Root)?;
    let password = &database.password;
    ensure(database, &root, database.service, password, "readWrite").await?;
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
    let service = database.service;
    let roles = vec![Bson::from(doc! { "role": role, "db": &database.name })];
    let command =
        |verb: &str| doc! { verb: name, "pwd": password.expose_secret(), "roles": &roles };
    let run = async |command: Document| {
        let outcome = root.database(&database.name).run_command(command).await;
        outcome
            .map_err(MongoError)
            .with_context(|| format!("cannot set up the user {name}"))
    };

    let found = run(doc! { "usersInfo": name }).await?;
    let users = found.get_array("users")?;
    let Some(user) = users.first().and_then(Bson::as_document) else {
        run(command("createUser")).await?;
        print_line(format_args!(
            "created the user {name} with the role {role} in the database of {service}"
        ));
        return Ok(());
    };
    let has_role = user
        .get_array("roles")
        .is_ok_and(|granted| granted == &roles);
    if has_role && can_log_in(database, name, password).await? {
        print_line(format_args!(
            "the user {name} exists in the database of {service}"
        ));
    } else {
        run(command("updateUser")).await?;
        print_line(format_args!(
            "updated the password and the role of the user {name} in the database of {service}"
        ));
    }
    Ok(())
}

async fn can_log_in(database: &Database, name: &str, password: &SecretString) -> Result<bool> {
    let client = database.client(User::Named(name, password))?;
    let shop = client.database(&database.name);
    match shop.run_command(doc! { "ping": 1 }).await {
        Ok(_) => Ok(true),
        Err(error) if is_authentication_failure(&error) => Ok(false),
        Err(error) => Err(MongoError(error).into()),
    }
}
