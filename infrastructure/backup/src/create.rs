//! Backing up all stores, to one instant.
//!
//! The documents of a store are copied while it is written. The changes since the beginning of the copy
//! are a second object. They make the copy consistent when it is restored, and lead all stores to the
//! same instant, which is chosen when the last copy is complete.

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use mongodb::bson::Timestamp;
use runtime::clock::{Clock as _, SystemClock};
use tokio::sync::watch;

use crate::changes::follow;
use crate::contents::{Contents, Counts};
use crate::copying::copy;
use crate::encryption::Recipient;
use crate::location::{Kind, Location};
use crate::print_line;
use crate::stores::Store;

/// The name of a backup's folder. Names sort by time.
const NAME_FORMAT: &str = "%Y-%m-%dT%H-%M-%S";

/// Writes a new backup.
pub(crate) async fn create(
    stores: &[Store],
    location: &Location,
    recipient: Recipient,
) -> Result<()> {
    let backups = location.open_for(&recipient)?;
    let name = SystemClock.now().strftime(NAME_FORMAT).to_string();
    let since = try_join_all(stores.iter().map(Store::time)).await?;
    let (announce, instant) = watch::channel(None);
    let copies = async {
        let each = stores.iter().zip(&since).map(|(store, since)| {
            let object = backups.writer(&name, store.service, Kind::Documents, &recipient);
            copy(store, *since, object)
        });
        let copied = try_join_all(each).await?;
        announce.send_replace(Some(end_of_second(stores).await?));
        anyhow::Ok(copied)
    };
    let changes = stores.iter().zip(&since).map(|(store, since)| {
        let object = backups.writer(&name, store.service, Kind::Changes, &recipient);
        follow(store, *since, instant.clone(), object)
    });
    let (documents, changes) = tokio::try_join!(copies, try_join_all(changes))?;
    let counts = stores.iter().zip(documents.into_iter().zip(changes));
    let counts =
        counts.map(|(store, (documents, changes))| (store.service, Counts { documents, changes }));
    let instant = instant.borrow().context("the instant is chosen")?;
    let contents = Contents::new(recipient.encrypts(), instant, counts)?;
    backups.put_contents(&name, &contents).await?;
    print_line(format_args!("the backup {name} is complete: {contents}"));
    Ok(())
}

/// The end of the current second of the logical times: of all stores, the latest.
async fn end_of_second(stores: &[Store]) -> Result<Timestamp> {
    let times = try_join_all(stores.iter().map(Store::time)).await?;
    let latest = times.iter().map(|time| time.time).max().unwrap_or_default();
    Ok(Timestamp {
        time: latest + 1,
        increment: 0,
    })
}
