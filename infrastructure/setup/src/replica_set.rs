//! One or three servers become one replica set.
//!
//! It begins with the first member alone, which may have a user already; MongoDB would refuse that
//! of several. The others are added one by one, and get their data from it.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::ServerAddress;

use crate::console::say;
use crate::databases::{Database, User};
use crate::patience::{Attempt, Patience};

/// For one look at a server that may not be there yet.
pub(crate) const ONE_LOOK: Duration = Duration::from_secs(2);

/// The codes of answers, from `error_codes.yml` in MongoDB's code.
const AUTHENTICATION_FAILED: i32 = 18;
const ALREADY_INITIALIZED: i32 = 23;
const INVALID_CONFIG: i32 = 93;
/// The state of a member that has all the data (`rs.status()`).
const SECONDARY: i32 = 2;

/// Makes the servers a replica set, and waits until it can be written to.
pub(crate) async fn prepare(database: &Database, patience: Patience) -> Result<()> {
    let mut is_new = false;
    for (index, member) in database.members.iter().enumerate() {
        let has_set = look_at(database, member, patience).await?;
        is_new |= index == 0 && !has_set;
    }
    if is_new {
        initiate(database).await?;
    }
    let primary = database.client(User::Root)?;
    let admin = primary.database("admin");
    let what = format!("{} cannot be written to", database.replica_set);
    patience
        .until(&what, async || {
            judge(admin.run_command(doc! { "ping": 1 }).await)
        })
        .await?;
    for member in &database.members {
        add(database, &primary, member, patience).await?;
    }
    compare_versions(database, &primary).await?;
    say(format_args!(
        "{} is a replica set of {}",
        database.replica_set,
        database.hosts()
    ));
    Ok(())
}

/// Waits until the member answers, and tells whether it belongs to the replica set already.
async fn look_at(database: &Database, member: &ServerAddress, patience: Patience) -> Result<bool> {
    let nobody = database.member(member, User::Nobody)?;
    let admin = nobody.database("admin");
    let what = format!("MongoDB does not answer at {member}");
    let hello = patience
        .until(&what, async || {
            judge(admin.run_command(doc! { "hello": 1 }).await)
        })
        .await?;
    match hello.get_str("setName") {
        Ok(name) if name == database.replica_set => Ok(true),
        Ok(name) => bail!(
            "{member} belongs to the replica set {name}, and not to {}: its volume is of another \
             database, or the name is wrong",
            database.replica_set
        ),
        Err(_) if hello.get_bool("isreplicaset").unwrap_or_default() => Ok(false),
        Err(_) => bail!(
            "{member} was not started for a replica set; start it with --replSet {}",
            database.replica_set
        ),
    }
}

async fn initiate(database: &Database) -> Result<()> {
    let first = database.first()?;
    let members = vec![doc! { "_id": 0, "host": first.to_string() }];
    let config = doc! { "_id": &database.replica_set, "members": members };
    let outcome = database
        .member(first, User::Root)?
        .database("admin")
        .run_command(doc! { "replSetInitiate": config })
        .await;
    match outcome {
        Ok(_) => {
            say(format_args!(
                "initiated {} with {first}",
                database.replica_set
            ));
            Ok(())
        }
        Err(error) if code(&error) == Some(ALREADY_INITIALIZED) => Ok(()),
        Err(error) if code(&error) == Some(INVALID_CONFIG) => Err(anyhow!(
            "{first} was started for a replica set that is not called {}: {}",
            database.replica_set,
            sentence(&error)
        )),
        Err(error) if is_refused(&error) => bail!(wrong_password("root")),
        Err(error) => Err(anyhow!(sentence(&error))
            .context(format!("{} was not initiated", database.replica_set))),
    }
}

/// Adds a member that is missing, and waits until it has the data.
async fn add(
    database: &Database,
    primary: &Client,
    member: &ServerAddress,
    patience: Patience,
) -> Result<()> {
    let admin = primary.database("admin");
    let answer = admin.run_command(doc! { "replSetGetConfig": 1 }).await?;
    let mut config = answer.get_document("config")?.clone();
    let version = config.get_i32("version")?;
    let members = config.get_array_mut("members")?;
    let host = member.to_string();
    let known = members.iter().filter_map(Bson::as_document);
    if known
        .clone()
        .any(|known| known.get_str("host").is_ok_and(|known| known == host))
    {
        return Ok(());
    }
    let last = known.filter_map(|known| known.get_i32("_id").ok()).max();
    members.push(doc! { "_id": last.unwrap_or(-1) + 1, "host": &host }.into());
    config.insert("version", version + 1);
    admin
        .run_command(doc! { "replSetReconfig": config })
        .await
        .map_err(|error| anyhow!(sentence(&error)))
        .with_context(|| format!("{host} was not added to {}", database.replica_set))?;
    say(format_args!("added {host} to {}", database.replica_set));
    let what = format!("{host} has not got the data of {}", database.replica_set);
    patience
        .until(&what, async || {
            let status = admin.run_command(doc! { "replSetGetStatus": 1 }).await?;
            Ok(match state_of(&status, &host) {
                Some((SECONDARY, _)) => Attempt::Done(()),
                Some((_, name)) => Attempt::NotYet(format!("it is {name}")),
                None => Attempt::NotYet("it is not listed".to_owned()),
            })
        })
        .await
}

fn state_of(status: &Document, host: &str) -> Option<(i32, String)> {
    let members = status.get_array("members").ok()?;
    let member = members
        .iter()
        .filter_map(Bson::as_document)
        .find(|member| member.get_str("name").is_ok_and(|name| name == host))?;
    let name = member.get_str("stateStr").unwrap_or("in an unknown state");
    Some((member.get_i32("state").ok()?, name.to_owned()))
}

/// A volume that an older server wrote works with the next version, but with none after that.
async fn compare_versions(database: &Database, primary: &Client) -> Result<()> {
    let admin = primary.database("admin");
    let server = admin.run_command(doc! { "buildInfo": 1 }).await?;
    let data = admin
        .run_command(doc! { "getParameter": 1, "featureCompatibilityVersion": 1 })
        .await?;
    let server = server.get_str("version").unwrap_or_default();
    let data = data
        .get_document("featureCompatibilityVersion")?
        .get_str("version")?;
    if !server.starts_with(&format!("{data}.")) {
        say(format_args!(
            "the data of {} are those of MongoDB {data}, and the server is {server}: raise \
             featureCompatibilityVersion before the next upgrade",
            database.replica_set
        ));
    }
    Ok(())
}

/// Whoever is not let in never will be; everything else may only be too early.
pub(crate) fn judge<T>(outcome: Result<T, Error>) -> Result<Attempt<T>> {
    match outcome {
        Ok(value) => Ok(Attempt::Done(value)),
        Err(error) if is_refused(&error) => bail!(wrong_password("root")),
        Err(error) => Ok(Attempt::NotYet(sentence(&error))),
    }
}

/// Whether the server does not believe who we are.
pub(crate) fn is_refused(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Authentication { .. })
        || code(error) == Some(AUTHENTICATION_FAILED)
        // How a failed log-in comes back when a server is selected.
        || sentence(error).contains("Authentication failed")
}

pub(crate) fn wrong_password(user: &str) -> String {
    format!(
        "the password of the user {user} is not the one that its data were made with: bring back \
         that secret, or remove the volume if nothing in it is needed"
    )
}

/// What the server answered, without the driver's own words around it.
pub(crate) fn sentence(error: &Error) -> String {
    match &*error.kind {
        ErrorKind::Command(command) => command.message.clone(),
        kind => innermost(&kind.to_string()).to_owned(),
    }
}

/// Why no server could be used, out of what the driver tells of all that it knows.
fn innermost(text: &str) -> &str {
    let after = text.split_once("Error: Kind: ").map(|(_, after)| after);
    after
        .and_then(|after| after.split_once(", labels:"))
        .map_or(text, |(reason, _)| reason)
}

pub(crate) fn code(error: &Error) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_what_the_driver_says_when_told_then_only_the_reason_is_left() {
        let long = "Server selection timeout: No available servers. Topology: { Type: Single, \
                    Servers: [ { Address: a:1, Type: Unknown, Error: Kind: I/O error: Connection \
                    refused (os error 111), labels: {}, source: None } ] }";
        assert_eq!(
            innermost(long),
            "I/O error: Connection refused (os error 111)"
        );
        assert_eq!(innermost("not master"), "not master");
    }
}
