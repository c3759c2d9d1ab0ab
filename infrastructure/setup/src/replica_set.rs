//! Makes one or three servers a replica set.
//!
//! The set is initiated with the first member alone: that one may already have a user, which MongoDB
//! would refuse if there were several members. The others are added one by one and copy its data.

use anyhow::{Context as _, Result, anyhow, bail};
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::ServerAddress;

use crate::console::print_line;
use crate::database::{Database, User};
use crate::mongo_error::{
    self, INVALID_CONFIG, MongoError, WRONG_ROOT_PASSWORD, code, is_authentication_failure,
};
use crate::retry::{Attempt, Retry};

/// From `error_codes.yml` in MongoDB's source.
const ALREADY_INITIALIZED: i32 = 23;
/// The state of a member that has copied all data (`rs.status()`).
const SECONDARY: i32 = 2;

/// Initiates the replica set or completes it, and waits until it accepts writes.
pub(crate) async fn prepare(database: &Database, retry: Retry) -> Result<()> {
    let mut is_new = false;
    for (index, member) in database.members.iter().enumerate() {
        let is_initiated = is_member_initiated(database, member, retry).await?;
        is_new |= index == 0 && !is_initiated;
    }
    if is_new {
        initiate(database).await?;
    }
    let primary = database.client(User::Root)?;
    let admin = primary.database("admin");
    let failure = format!("cannot write to {}", database.replica_set);
    retry
        .until_done(&failure, async || {
            mongo_error::attempt(admin.run_command(doc! { "ping": 1 }).await)
        })
        .await?;
    for member in &database.members {
        add_member(database, &primary, member, retry).await?;
    }
    warn_of_version_difference(database, &primary).await?;
    print_line(format_args!(
        "{} is a replica set of {}",
        database.replica_set,
        database.hosts()
    ));
    Ok(())
}

/// Waits until the member responds, and returns whether it already belongs to the replica set.
async fn is_member_initiated(
    database: &Database,
    member: &ServerAddress,
    retry: Retry,
) -> Result<bool> {
    let client = database.member_client(member, User::Anonymous)?;
    let admin = client.database("admin");
    let failure = format!("cannot reach MongoDB at {member}");
    let hello = retry
        .until_done(&failure, async || {
            mongo_error::attempt(admin.run_command(doc! { "hello": 1 }).await)
        })
        .await?;
    match hello.get_str("setName") {
        Ok(name) if name == database.replica_set => Ok(true),
        Ok(name) => bail!(
            "{member} belongs to the replica set {name}, and not to {}: it has the volume of another \
             database, or MONGODB_{}_REPLICA_SET is wrong",
            database.replica_set,
            database.service.to_uppercase()
        ),
        Err(_) if hello.get_bool("isreplicaset").unwrap_or_default() => Ok(false),
        Err(_) => bail!(
            "{member} does not run as a member of a replica set; start it with --replSet {}",
            database.replica_set
        ),
    }
}

async fn initiate(database: &Database) -> Result<()> {
    let first = database.first_member()?;
    let members = vec![doc! { "_id": 0, "host": first.to_string() }];
    let config = doc! { "_id": &database.replica_set, "members": members };
    let outcome = database
        .member_client(first, User::Root)?
        .database("admin")
        .run_command(doc! { "replSetInitiate": config })
        .await;
    let set = &database.replica_set;
    match outcome {
        Ok(_) => {
            print_line(format_args!("initiated {set} with {first}"));
            Ok(())
        }
        Err(error) if code(&error) == Some(ALREADY_INITIALIZED) => Ok(()),
        Err(error) if code(&error) == Some(INVALID_CONFIG) => Err(MongoError(error))
            .with_context(|| format!("{first} was started with a --replSet other than {set}")),
        Err(error) if is_authentication_failure(&error) => bail!(WRONG_ROOT_PASSWORD),
        Err(error) => Err(MongoError(error)).with_context(|| format!("cannot initiate {set}")),
    }
}

/// Adds a missing member, and waits until it has copied the data.
async fn add_member(
    database: &Database,
    primary: &Client,
    member: &ServerAddress,
    retry: Retry,
) -> Result<()> {
    let admin = primary.database("admin");
    let response = admin.run_command(doc! { "replSetGetConfig": 1 }).await?;
    let mut config = response.get_document("config")?.clone();
    let host = member.to_string();
    if !add_to_config(&mut config, &host)? {
        return Ok(());
    }
    let set = &database.replica_set;
    admin
        .run_command(doc! { "replSetReconfig": config })
        .await
        .map_err(MongoError)
        .with_context(|| format!("cannot add {host} to {set}"))?;
    print_line(format_args!("added {host} to {set}"));
    let failure = format!("{host} has not copied the data of {set}");
    retry
        .until_done(&failure, async || {
            let status = admin.run_command(doc! { "replSetGetStatus": 1 }).await?;
            Ok(match member_state(&status, &host) {
                Some((SECONDARY, _)) => Attempt::Done(()),
                Some((_, state)) => Attempt::Failed(anyhow!("its state is {state}")),
                None => Attempt::Failed(anyhow!("it is not in rs.status()")),
            })
        })
        .await
}

/// Returns whether `host` was missing.
fn add_to_config(config: &mut Document, host: &str) -> Result<bool> {
    let version = config.get_i32("version")?;
    let members = config.get_array_mut("members")?;
    let mut last_id = -1;
    for member in members.iter().filter_map(Bson::as_document) {
        if member.get_str("host").is_ok_and(|known| known == host) {
            return Ok(false);
        }
        last_id = last_id.max(member.get_i32("_id")?);
    }
    members.push(doc! { "_id": last_id + 1, "host": host }.into());
    config.insert("version", version + 1);
    Ok(true)
}

fn member_state(status: &Document, host: &str) -> Option<(i32, String)> {
    let members = status.get_array("members").ok()?;
    let member = members
        .iter()
        .filter_map(Bson::as_document)
        .find(|member| member.get_str("name").is_ok_and(|name| name == host))?;
    let name = member.get_str("stateStr").unwrap_or("unknown");
    Some((member.get_i32("state").ok()?, name.to_owned()))
}

/// A server can use the data of the version before it, but of no older one.
async fn warn_of_version_difference(database: &Database, primary: &Client) -> Result<()> {
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
        print_line(format_args!(
            "{} has data of MongoDB {data}, and the server is {server}: raise \
             featureCompatibilityVersion before the next upgrade",
            database.replica_set
        ));
    }
    Ok(())
}
