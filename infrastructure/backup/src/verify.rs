//! Reading a whole backup before a restore drops the first collection.

use anyhow::{Result, ensure};

use crate::contents::Contents;
use crate::encryption::Identity;
use crate::location::{Backups, Kind};
use crate::print_line;
use crate::stores::Service;

/// Fails if an object of one of the services is missing, damaged or incomplete, or if the secret key does not fit.
/// Returns what the backup contains.
pub(crate) async fn verify(
    backups: &Backups,
    name: &str,
    services: &[Service],
    identity: &Identity,
) -> Result<Contents> {
    let contents = backups.contents(name).await?;
    let key = (contents.is_encrypted, identity);
    for service in services {
        let counts = contents.of(*service)?;
        for (kind, expected) in [
            (Kind::Documents, counts.documents),
            (Kind::Changes, counts.changes),
        ] {
            let mut object = backups.reader(name, *service, kind, key).await?;
            let mut count = 0;
            while object.next().await?.is_some() {
                count += 1;
            }
            ensure!(
                count == expected,
                "{} has {count} {} of {expected}",
                service.name(),
                kind.name()
            );
        }
    }
    print_line(format_args!("the backup {name} is complete and readable"));
    Ok(contents)
}
