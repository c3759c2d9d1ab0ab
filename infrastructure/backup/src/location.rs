//! Where the backups are: a folder, or a bucket of Cloud Storage.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode};
use reqwest::Url;

use crate::contents::{self, Contents};
use crate::encryption::{Identity, Recipient};
use crate::object::{ObjectReader, ObjectWriter};
use crate::print_line;
use crate::stores::Service;

/// The place of all backups.
#[derive(Args)]
pub(crate) struct Location {
    /// The place of the backups: `file:///folder` or `gs://bucket`, where the identity of the pod may
    /// write, or read.
    #[arg(
        long = "location",
        env = "BACKUP_LOCATION",
        default_value = "file:///backups"
    )]
    url: Url,
}

/// An opened place.
#[derive(Clone)]
pub(crate) struct Backups {
    objects: Arc<dyn ObjectStore>,
    root: Path,
}

/// One of the two objects of a store.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Documents,
    Changes,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Changes => "changes",
        }
    }
}

impl Location {
    pub(crate) fn open(&self) -> Result<Backups> {
        let options = std::env::vars().filter(|(name, _)| name.starts_with("GOOGLE_"));
        let options = options.map(|(name, value)| (name.to_lowercase(), value));
        let opened = object_store::parse_url_opts(&self.url, options);
        let (objects, root) =
            opened.with_context(|| format!("cannot use BACKUP_LOCATION={}", self.url))?;
        Ok(Backups {
            objects: objects.into(),
            root,
        })
    }

    /// Opens the place for writing. Only a folder may contain unencrypted backups.
    pub(crate) fn open_for(&self, recipient: &Recipient) -> Result<Backups> {
        ensure!(
            recipient.encrypts() || self.url.scheme() == "file",
            "BACKUP_RECIPIENT must be set: a backup in a bucket is encrypted; `backup key` prints a key"
        );
        self.open()
    }
}

impl Backups {
    fn path(&self, backup: &str, name: &str) -> Path {
        self.root.clone().join(backup).join(name)
    }

    fn object(&self, backup: &str, service: Service, kind: Kind, is_encrypted: bool) -> Path {
        let extension = if is_encrypted { ".age" } else { "" };
        self.path(
            backup,
            &format!("{}.{}.bson.gz{extension}", service.name(), kind.name()),
        )
    }

    pub(crate) fn writer(
        &self,
        backup: &str,
        service: Service,
        kind: Kind,
        recipient: &Recipient,
    ) -> ObjectWriter {
        let path = self.object(backup, service, kind, recipient.encrypts());
        ObjectWriter::new(Arc::clone(&self.objects), path, recipient.clone())
    }

    pub(crate) async fn reader(
        &self,
        backup: &str,
        service: Service,
        kind: Kind,
        (is_encrypted, identity): (bool, &Identity),
    ) -> Result<ObjectReader> {
        let path = self.object(backup, service, kind, is_encrypted);
        ObjectReader::open(&self.objects, &path, is_encrypted, identity.clone()).await
    }

    /// Completes a backup.
    pub(crate) async fn put_contents(&self, backup: &str, contents: &Contents) -> Result<()> {
        let text = serde_json::to_vec_pretty(contents)?;
        let path = self.path(backup, contents::NAME);
        let put = self
            .objects
            .put_opts(&path, text.into(), PutMode::Create.into());
        put.await.with_context(|| format!("cannot write {path}"))?;
        Ok(())
    }

    pub(crate) async fn contents(&self, backup: &str) -> Result<Contents> {
        let path = self.path(backup, contents::NAME);
        let object = self.objects.get(&path).await;
        let object = object.with_context(|| format!("there is no complete backup {backup}"))?;
        let text = object.bytes().await?;
        serde_json::from_slice(&text).with_context(|| format!("cannot read {path}"))
    }

    /// The names of all complete backups, oldest first.
    pub(crate) async fn names(&self) -> Result<Vec<String>> {
        let all = self
            .objects
            .list(Some(&self.root))
            .map_ok(|object| object.location);
        let all: Vec<Path> = all.try_collect().await?;
        let mut names: Vec<String> = all
            .iter()
            .filter_map(|path| {
                let below = path.prefix_match(&self.root)?;
                let mut parts: Vec<String> = below.map(|part| part.as_ref().to_owned()).collect();
                (parts.pop()? == contents::NAME).then(|| parts.join("/"))
            })
            .collect();
        names.sort_unstable();
        Ok(names)
    }
}

/// Prints the complete backups, oldest first.
pub(crate) async fn print_list(location: &Location) -> Result<()> {
    let backups = location.open()?;
    for name in backups.names().await? {
        let contents = backups.contents(&name).await?;
        let (documents, changes) = contents.total();
        let encrypted = if contents.is_encrypted {
            "encrypted"
        } else {
            "not encrypted"
        };
        print_line(format_args!(
            "{name}  restores the state of {}  {documents} documents, {changes} changes, {encrypted}",
            contents.instant
        ));
    }
    Ok(())
}
