//! Objects of a backup: BSON documents one after the other, compressed and encrypted.
//!
//! Compression and encryption are synchronous, so each object has a thread, with a short queue to it.

use std::io::{self, BufRead, Write as _};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use mongodb::bson::RawDocumentBuf;
use object_store::buffered::{BufReader, BufWriter};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::io::SyncIoBridge;

use crate::encryption::{Encoder, Identity, Recipient};

/// A document can have 16 MiB, but the largest of the shop has some hundred KB.
const QUEUE: usize = 16;
/// An upload has one part in memory, and another in transfer. A bucket accepts 10,000 parts.
const PART_BYTES: usize = 8 << 20;

/// Writes an object. It appears only when it is complete.
pub(crate) struct ObjectWriter {
    queue: mpsc::Sender<RawDocumentBuf>,
    thread: JoinHandle<Result<BufWriter>>,
    count: u64,
}

impl ObjectWriter {
    pub(crate) fn new(objects: Arc<dyn ObjectStore>, path: Path, recipient: Recipient) -> Self {
        let (queue, mut documents) = mpsc::channel::<RawDocumentBuf>(QUEUE);
        let thread = tokio::task::spawn_blocking(move || {
            let upload = BufWriter::with_capacity(objects, path, PART_BYTES);
            let upload = SyncIoBridge::new(upload.with_max_concurrency(1));
            let mut encoder: Encoder<_> = recipient.wrap(upload)?;
            while let Some(document) = documents.blocking_recv() {
                encoder.write_all(document.as_bytes())?;
            }
            Ok(encoder.finish()?.into_inner())
        });
        Self {
            queue,
            thread,
            count: 0,
        }
    }

    pub(crate) async fn write(&mut self, document: RawDocumentBuf) -> Result<()> {
        if self.queue.send(document).await.is_ok() {
            self.count += 1;
            return Ok(());
        }
        // The thread has ended, and has the error.
        (&mut self.thread).await??;
        unreachable!("the thread ends early only with an error")
    }

    /// Completes the object, and returns the number of its documents. Without it there is no object.
    pub(crate) async fn finish(self) -> Result<u64> {
        drop(self.queue);
        let mut upload = self.thread.await??;
        upload.shutdown().await?;
        Ok(self.count)
    }
}

/// Reads an object.
pub(crate) struct ObjectReader {
    documents: mpsc::Receiver<Result<RawDocumentBuf>>,
}

impl ObjectReader {
    pub(crate) async fn open(
        objects: &Arc<dyn ObjectStore>,
        path: &Path,
        is_encrypted: bool,
        identity: Identity,
    ) -> Result<Self> {
        let object = objects.head(path).await;
        let object = object.with_context(|| format!("cannot read {path}"))?;
        // One request for each part: a request for a large object would outlast every timeout.
        let bytes = BufReader::with_capacity(Arc::clone(objects), &object, PART_BYTES);
        let bytes = SyncIoBridge::new(bytes);
        let (queue, documents) = mpsc::channel(QUEUE);
        let path = path.clone();
        tokio::task::spawn_blocking(move || {
            let read = || {
                let decoded = identity.unwrap(Box::new(bytes), is_encrypted)?;
                send_documents(io::BufReader::new(decoded), &queue)
            };
            if let Err(error) = read() {
                let error = error.context(format!("cannot read {path}"));
                let _ = queue.blocking_send(Err(error));
            }
        });
        Ok(Self { documents })
    }

    /// The next document, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<RawDocumentBuf>> {
        self.documents.recv().await.transpose()
    }
}

fn send_documents(
    mut input: impl BufRead,
    queue: &mpsc::Sender<Result<RawDocumentBuf>>,
) -> Result<()> {
    while !input.fill_buf()?.is_empty() {
        let document = RawDocumentBuf::from_reader(input.by_ref())?;
        if queue.blocking_send(Ok(document)).is_err() {
            break;
        }
    }
    Ok(())
}
