//! Where the backups are: a folder, or a bucket of Cloud Storage.

use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::Args;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
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
    /// The place of the backups: `file:///folder` or `gs://bucket`, with the permissions of the pod.
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
    /// In a bucket, all backups are encrypted.
    is_bucket: bool,
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
        let is_bucket = self.url.scheme() == "gs";
        let opened = if is_bucket {
            self.bucket()
        } else {
            self.folder()
        };
        let objects = opened.with_context(|| format!("cannot use BACKUP_LOCATION={}", self.url))?;
        Ok(Backups { objects, is_bucket })
    }

    fn bucket(&self) -> Result<Arc<dyn ObjectStore>> {
        ensure!(matches!(self.url.path(), "" | "/"), "a bucket is gs://NAME");
        let bucket = GoogleCloudStorageBuilder::from_env().with_url(self.url.as_str());
        Ok(Arc::new(bucket.build()?))
    }

    fn folder(&self) -> Result<Arc<dyn ObjectStore>> {
        let path = self.url.to_file_path();
        let path = path.map_err(|()| anyhow!("it must begin with gs:// or file:///"))?;
        let folder = LocalFileSystem::new_with_prefix(path)?;
        // A backup is complete only if it survives a loss of power.
        Ok(Arc::new(folder.with_fsync(true)))
    }

    /// Opens the place for writing.
    pub(crate) fn open_for(&self, recipient: &Recipient) -> Result<Backups> {
        let backups = self.open()?;
        ensure!(
            recipient.encrypts() || !backups.is_bucket,
            "BACKUP_RECIPIENT must be set: a backup in a bucket is encrypted; `backup key` prints a key"
        );
        Ok(backups)
    }
}

impl Backups {
    fn path(backup: &str, name: &str) -> Path {
        Path::default().join(backup).join(name)
    }

    fn object(backup: &str, service: Service, kind: Kind, is_encrypted: bool) -> Path {
        let extension = if is_encrypted { ".age" } else { "" };
        Self::path(
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
        let path = Self::object(backup, service, kind, recipient.encrypts());
        ObjectWriter::new(Arc::clone(&self.objects), path, recipient.clone())
    }

    pub(crate) async fn reader(
        &self,
        backup: &str,
        service: Service,
        kind: Kind,
        (is_encrypted, identity): (bool, &Identity),
    ) -> Result<ObjectReader> {
        let path = Self::object(backup, service, kind, is_encrypted);
        ObjectReader::open(&self.objects, &path, is_encrypted, identity.clone()).await
    }

    /// Completes a backup.
    pub(crate) async fn put_contents(&self, backup: &str, contents: &Contents) -> Result<()> {
        let text = serde_json::to_vec_pretty(contents)?;
        let path = Self::path(backup, contents::NAME);
        let put = self
            .objects
            .put_opts(&path, text.into(), PutMode::Create.into());
        put.await.with_context(|| format!("cannot write {path}"))?;
        Ok(())
    }

    pub(crate) async fn contents(&self, backup: &str) -> Result<Contents> {
        let contents = self.read_contents(backup).await?;
        contents.with_context(|| format!("there is no complete backup {backup}"))
    }

    /// `None` if the backup is not complete.
    async fn read_contents(&self, backup: &str) -> Result<Option<Contents>> {
        let path = Self::path(backup, contents::NAME);
        let cannot_read = || format!("cannot read {path}");
        let object = match self.objects.get(&path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            object => object.with_context(cannot_read)?,
        };
        let text = object.bytes().await.with_context(cannot_read)?;
        let contents: Contents = serde_json::from_slice(&text).with_context(cannot_read)?;
        ensure!(
            contents.is_encrypted || !self.is_bucket,
            "{backup} is not encrypted, so it is not a backup of this shop: anyone who can write to the bucket can \
             have made it"
        );
        Ok(Some(contents))
    }
}

/// Prints the complete backups, oldest first.
pub(crate) async fn print_list(location: &Location) -> Result<()> {
    let backups = location.open()?;
    let mut folders = backups
        .objects
        .list_with_delimiter(None)
        .await?
        .common_prefixes;
    folders.sort_unstable();
    for folder in folders {
        let name = folder.as_ref();
        match backups.read_contents(name).await {
            Ok(Some(contents)) => print_line(format_args!("{name}  {contents}")),
            Ok(None) => {}
            Err(error) => print_line(format_args!("{name}  {error:#}")),
        }
    }
    Ok(())
}
