//! Restoring one store or all.

use anyhow::Result;
use futures::future::try_join_all;
use mongodb::bson::{Document, doc};

use crate::contents::Contents;
use crate::encryption::Identity;
use crate::loading::{create_indexes, load};
use crate::location::{Backups, Kind, Location};
use crate::print_line;
use crate::reconcile::reconcile;
use crate::replay::replay;
use crate::stores::{Service, Store};
use crate::verify::verify;

/// Replaces all stores, or that of one service, with the backup, and makes orders and products consistent.
/// Changes nothing if a service runs or if the backup cannot be read.
pub(crate) async fn restore(
    stores: &[Store; 3],
    location: &Location,
    name: &str,
    only: Option<Service>,
    identity: &Identity,
) -> Result<()> {
    let backups = location.open()?;
    let is_chosen = |service: Service| only.is_none_or(|only| only == service);
    let reconciles = only != Some(Service::Authentication);
    let concerned: Vec<&Store> = stores
        .iter()
        .filter(|store| {
            is_chosen(store.service) || reconciles && store.service != Service::Authentication
        })
        .collect();
    expect_no_service(&concerned).await?;
    let chosen: Vec<Service> = Service::ALL
        .into_iter()
        .filter(|service| is_chosen(*service))
        .collect();
    let contents = verify(&backups, name, &chosen, identity).await?;
    // One may have been started meanwhile.
    expect_no_service(&concerned).await?;
    let chosen = stores.iter().filter(|store| is_chosen(store.service));
    let restored = chosen.map(|store| restore_store(store, &backups, (name, &contents), identity));
    try_join_all(restored).await?;
    if reconciles {
        expect_no_service(&concerned).await?;
        let [_, products, orders] = stores;
        reconcile(&products.database, &orders.database).await?;
    }
    print_line(format_args!("restored the backup {name}"));
    Ok(())
}

async fn expect_no_service(stores: &[&Store]) -> Result<()> {
    for store in stores {
        store.expect_no_service().await?;
    }
    Ok(())
}

async fn restore_store(
    store: &Store,
    backups: &Backups,
    (name, contents): (&str, &Contents),
    identity: &Identity,
) -> Result<()> {
    let (database, service) = (&store.database, store.service);
    let key = (contents.is_encrypted, identity);
    let documents = backups.reader(name, service, Kind::Documents, key).await?;
    let indexes = load(database, documents).await?;
    let changes = backups.reader(name, service, Kind::Changes, key).await?;
    replay(database, changes, contents.logical_instant()?).await?;
    create_indexes(database, indexes).await?;
    if service == Service::Authentication {
        // A token that was used after the backup would be accepted again.
        let sessions = database.collection::<Document>("refresh_tokens");
        sessions.delete_many(doc! {}).await?;
    }
    print_line(format_args!(
        "restored {} to its state of {}",
        store.name(),
        contents.instant
    ));
    Ok(())
}
