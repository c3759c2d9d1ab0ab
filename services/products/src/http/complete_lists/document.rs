//! A rendered list: JSON in chunks that all its readers share.
//!
//! The chunks of all lists together have a limit. If a new list needs the memory of an older one,
//! the readers who have not got that one completely are disconnected, so that slow readers do not
//! block others. Of the lists that are being written, only one at a time may be large, so that the
//! memory suffices for all of them.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use axum::body::{Body, Bytes};
use futures::stream;
use http::HeaderValue;
use service_kit::problem::Problem;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::etag;
use super::super::wire::ProductBody;
use crate::catalogue::Product;
use crate::ports::ListWriter;

/// A chunk ends when it has this size in bytes.
const CHUNK: usize = 64 * 1024;
/// Memory in KiB. There is enough for a large document and, beside it, a small one.
const LIMITS: Limits = Limits {
    all: 32 * 1024,
    document: 24 * 1024,
    small_document: 8 * 1024,
};

/// A rendered list.
pub(super) struct Document {
    tag: HeaderValue,
    length: usize,
    /// Their number.
    count: usize,
    /// Empty once the memory was needed for a newer document.
    chunks: Mutex<Vec<Bytes>>,
}

/// The maximum memory in KiB.
#[derive(Clone, Copy)]
struct Limits {
    all: usize,
    document: usize,
    small_document: usize,
}

/// The memory of all documents. Clones share it.
#[derive(Clone)]
pub(super) struct DocumentMemory {
    limits: Limits,
    /// A permit is a KiB.
    free: Arc<Semaphore>,
    /// The turn to write a document that is not small.
    large: Arc<Semaphore>,
    /// The finished documents, oldest first.
    documents: Arc<Mutex<VecDeque<Weak<Document>>>>,
}

/// Writes a document.
pub(super) struct DocumentWriter {
    memory: DocumentMemory,
    is_unwanted: Box<dyn Fn() -> bool + Send>,
    digest: Sha256,
    /// In bytes, without `text`.
    length: usize,
    /// The memory of the chunks in KiB.
    memory_used: usize,
    large: Option<OwnedSemaphorePermit>,
    chunks: Vec<Bytes>,
    /// The beginning of the next chunk.
    text: Vec<u8>,
    is_empty: bool,
    failure: Option<WriteError>,
}

/// Why a document was not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteError {
    /// It is larger than one document may be.
    TooLarge,
    /// Slow readers have the memory.
    NoMemory,
    /// All its readers have left.
    Unwanted,
}

/// The document was dropped before its reader had all of it.
#[derive(Debug, thiserror::Error)]
#[error("the reader was too slow, and newer lists needed the memory")]
struct ReaderTooSlow;

/// A chunk, which returns its memory when the last reader has it.
struct Chunk {
    text: Vec<u8>,
    _memory: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

impl Document {
    /// The entity tag: the same for the same bytes.
    pub(super) fn tag(&self) -> &HeaderValue {
        &self.tag
    }

    /// In bytes.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The body for one reader.
    pub(super) fn into_body(self: Arc<Self>) -> Body {
        let indexes = 0..self.count;
        let chunks = indexes.map(move |index| self.chunk(index).ok_or(ReaderTooSlow));
        Body::from_stream(stream::iter(chunks))
    }

    fn chunk(&self, index: usize) -> Option<Bytes> {
        let chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.get(index).cloned()
    }

    fn drop_chunks(&self) {
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.clear();
    }
}

impl Default for DocumentMemory {
    fn default() -> Self {
        Self::new(LIMITS)
    }
}

impl DocumentMemory {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            free: Arc::new(Semaphore::new(limits.all)),
            large: Arc::new(Semaphore::new(1)),
            documents: Arc::default(),
        }
    }

    /// Takes memory of this size in KiB, from old documents if too little is free.
    fn take(&self, size: usize) -> Option<OwnedSemaphorePermit> {
        let count = u32::try_from(size).ok()?;
        loop {
            if let Ok(taken) = Arc::clone(&self.free).try_acquire_many_owned(count) {
                return Some(taken);
            }
            let mut documents = self
                .documents
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(document) = documents.pop_front()?.upgrade() {
                document.drop_chunks();
            }
        }
    }

    fn add(&self, document: &Arc<Document>) {
        let mut documents = self
            .documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        documents.retain(|document| document.strong_count() > 0);
        documents.push_back(Arc::downgrade(document));
    }
}

impl DocumentWriter {
    /// Begins a document. It is given up when `is_unwanted`.
    pub(super) fn new(
        memory: DocumentMemory,
        is_unwanted: impl Fn() -> bool + Send + 'static,
    ) -> Self {
        Self {
            memory,
            is_unwanted: Box::new(is_unwanted),
            digest: Sha256::new(),
            length: 0,
            memory_used: 0,
            large: None,
            chunks: Vec::new(),
            text: b"{\"products\":[".to_vec(),
            is_empty: true,
            failure: None,
        }
    }

    /// Ends the document.
    pub(super) async fn finish(mut self) -> Result<Arc<Document>, WriteError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        self.text.extend(b"]}");
        self.end_chunk().await?;
        let document = Arc::new(Document {
            tag: etag::of_digest(self.digest),
            length: self.length,
            count: self.chunks.len(),
            chunks: Mutex::new(self.chunks),
        });
        self.memory.add(&document);
        Ok(document)
    }

    async fn end_chunk(&mut self) -> Result<(), WriteError> {
        if (self.is_unwanted)() {
            return Err(WriteError::Unwanted);
        }
        let mut text = std::mem::replace(&mut self.text, Vec::with_capacity(CHUNK));
        text.shrink_to_fit();
        self.digest.update(&text);
        self.length += text.len();
        let size = text.len().div_ceil(1024);
        self.memory_used += size;
        if self.memory_used > self.memory.limits.document {
            return Err(WriteError::TooLarge);
        }
        if self.memory_used > self.memory.limits.small_document && self.large.is_none() {
            // The semaphore is never closed.
            self.large = Arc::clone(&self.memory.large).acquire_owned().await.ok();
        }
        let memory = self.memory.take(size).ok_or(WriteError::NoMemory)?;
        let chunk = Chunk {
            text,
            _memory: memory,
        };
        self.chunks.push(Bytes::from_owner(chunk));
        Ok(())
    }
}

impl ListWriter for DocumentWriter {
    /// Breaks if the document cannot be finished.
    async fn write(&mut self, product: &Product) -> ControlFlow<()> {
        if !self.is_empty {
            self.text.push(b',');
        }
        self.is_empty = false;
        // Strings and finite numbers always serialise, and a vector takes all bytes.
        let _ = serde_json::to_writer(&mut self.text, &ProductBody::from(product));
        if self.text.len() < CHUNK {
            return ControlFlow::Continue(());
        }
        match self.end_chunk().await {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                self.failure = Some(failure);
                ControlFlow::Break(())
            }
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::TooLarge => Self::invalid(
                "limit",
                "is required, because the list is too large for one response; request pages",
            ),
            WriteError::NoMemory | WriteError::Unwanted => Self::unavailable(),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Description, Money, ProductName, Stock};
    use futures::TryStreamExt as _;
    use serde_json::{Value, json};

    use super::*;

    fn product(number: usize) -> Product {
        Product {
            name: ProductName::parse(&format!("thing {number}")).expect("a name"),
            description: Description::parse(&"x".repeat(1_000)).expect("a description"),
            price: Money::from_minor(100).expect("a price"),
            quantity: Stock::try_from(1).expect("a stock"),
            categories: Vec::new(),
        }
    }

    /// Memory of 1,000 KiB.
    fn memory(document: usize, small_document: usize) -> DocumentMemory {
        DocumentMemory::new(Limits {
            all: 1_000,
            document,
            small_document,
        })
    }

    /// Writes a document. A product takes more than a KiB.
    async fn write(memory: &DocumentMemory, products: usize) -> Result<Arc<Document>, WriteError> {
        let mut writer = DocumentWriter::new(memory.clone(), || false);
        for number in 0..products {
            if writer.write(&product(number)).await.is_break() {
                break;
            }
            tokio::task::yield_now().await;
        }
        writer.finish().await
    }

    async fn read(document: &Arc<Document>) -> Result<Vec<u8>, axum::Error> {
        let body = Arc::clone(document).into_body().into_data_stream();
        let chunks: Vec<Bytes> = body.try_collect().await?;
        Ok(chunks.concat())
    }

    #[tokio::test]
    async fn given_any_number_of_products_when_written_then_it_is_the_document_of_the_list() {
        for count in [0, 1, 2, 500] {
            let document = write(&DocumentMemory::default(), count)
                .await
                .expect("a document");
            let text = read(&document).await.expect("all chunks");
            assert_eq!(text.len(), document.length());
            assert_eq!(*document.tag(), etag::of(&[text.as_slice()]));
            let list: Vec<Product> = (0..count).map(product).collect();
            let list: Vec<ProductBody> = list.iter().map(ProductBody::from).collect();
            let found: Value = serde_json::from_slice(&text).expect("JSON");
            assert_eq!(found, json!({ "products": list }), "{count}");
        }
    }

    #[tokio::test]
    async fn given_a_slow_reader_when_new_lists_need_the_memory_then_only_that_reader_fails() {
        let memory = memory(1_000, 1_000);
        let slow = write(&memory, 400).await.expect("a document");
        let mut begun = Arc::clone(&slow).into_body().into_data_stream();
        assert!(begun.try_next().await.expect("a chunk").is_some());
        for _ in 0..10 {
            let newer = write(&memory, 600).await.expect("a document");
            assert!(read(&newer).await.is_ok());
        }
        assert!(begun.try_next().await.is_err());
    }

    #[tokio::test]
    async fn given_finished_readers_when_counted_then_no_memory_is_taken() {
        let memory = memory(1_000, 1_000);
        let document = write(&memory, 400).await.expect("a document");
        assert!(memory.free.available_permits() < 700);
        read(&document).await.expect("all chunks");
        drop(document);
        assert_eq!(memory.free.available_permits(), 1_000);
    }

    #[tokio::test]
    async fn given_two_large_lists_when_written_at_the_same_time_then_one_waits_for_the_other() {
        let memory = memory(750, 250);
        let (first, second) = tokio::join!(write(&memory, 600), write(&memory, 600));
        assert!(first.is_ok() && second.is_ok());
    }

    #[tokio::test]
    async fn given_a_list_that_is_too_large_or_unwanted_when_written_then_it_breaks_off() {
        let too_large = write(&memory(500, 500), 600).await.map(|_| ());
        assert_eq!(too_large, Err(WriteError::TooLarge));
        let memory = memory(1_000, 1_000);
        let _taken = memory.take(600);
        let no_memory = write(&memory, 600).await.map(|_| ());
        assert_eq!(no_memory, Err(WriteError::NoMemory));
        let mut unwanted = DocumentWriter::new(DocumentMemory::default(), || true);
        let mut written = 0;
        while unwanted.write(&product(written)).await.is_continue() {
            written += 1;
        }
        assert!(written < 100);
    }
}
