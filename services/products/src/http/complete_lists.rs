//! Complete lists of products, without pages.
//!
//! A list is read and rendered once for all readers who wait for it, and they share its bytes. A
//! render that waits for its turn can be joined; one that has begun to read cannot, so that each
//! reader sees every change that was acknowledged before its request.

mod document;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::Response;
use http::{HeaderMap, header};
use service_kit::problem::Problem;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tracing::Instrument as _;

use super::{App, etag};
use crate::listing::Selection;
use crate::store::{self, Store};
use document::{Document, DocumentMemory, DocumentWriter};

/// How many lists are read at the same time. More would take longer, and more memory than there is.
const MAX_RENDERS: usize = 2;
/// How many different lists wait for their turn.
const MAX_WAITING: usize = 32;

/// The result of a render.
type Outcome = Result<Arc<Document>, Problem>;

/// The complete lists that this process is asked for. Clones share them.
#[derive(Clone)]
pub(crate) struct CompleteLists {
    turns: Arc<Semaphore>,
    waiting: Arc<Mutex<HashMap<Selection, Readers>>>,
    memory: DocumentMemory,
    timeout: Duration,
}

/// The readers who wait for the outcome of one render.
#[derive(Clone)]
struct Readers(watch::Sender<Option<Outcome>>);

/// Responds with all products of a selection.
pub(super) async fn respond(
    app: &App,
    selection: Selection,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (store, memory, wanted) = (
        app.store.clone(),
        app.lists.memory.clone(),
        selection.clone(),
    );
    let render = |readers: Readers| {
        let writer = DocumentWriter::new(memory, move || readers.are_gone());
        read(store, wanted, writer)
    };
    let document = app.lists.document(selection, render).await?;
    let about_body = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_LENGTH, document.length().to_string()),
    ];
    let tag = document.tag().clone();
    Ok(etag::not_modified_or(
        headers,
        tag,
        (about_body, document.into_body()),
    ))
}

async fn read(store: Store, selection: Selection, writer: DocumentWriter) -> Outcome {
    let writer = store.read_all(selection, writer).await?;
    Ok(writer.finish().await?)
}

impl CompleteLists {
    /// A reader waits for a list at most for `timeout`.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(MAX_RENDERS)),
            waiting: Arc::default(),
            memory: DocumentMemory::default(),
            timeout,
        }
    }

    /// Returns the outcome of a render that begins after this call.
    async fn document<F>(
        &self,
        selection: Selection,
        render: impl FnOnce(Readers) -> F + Send + 'static,
    ) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let mut outcome = self
            .join(selection, render)
            .ok_or_else(Problem::unavailable)?;
        match tokio::time::timeout(self.timeout, outcome.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or_else(|| Err(Problem::internal())),
            // The render panicked.
            Ok(Err(_)) => Err(Problem::internal()),
            Err(_) => Err(store::timeout_error().into()),
        }
    }

    /// Joins the render of this selection that waits for its turn, or adds one. `None` if too many
    /// wait.
    fn join<F>(
        &self,
        selection: Selection,
        render: impl FnOnce(Readers) -> F + Send + 'static,
    ) -> Option<watch::Receiver<Option<Outcome>>>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let mut waiting = self.waiting();
        if let Some(readers) = waiting.get(&selection) {
            return Some(readers.0.subscribe());
        }
        if waiting.len() == MAX_WAITING {
            return None;
        }
        let (readers, outcome) = watch::channel(None);
        let readers = Readers(readers);
        waiting.insert(selection.clone(), readers.clone());
        let lists = self.clone();
        let task = async move {
            if let Some(_turn) = lists.turn(&selection, &readers).await {
                let outcome = render(readers.clone()).await;
                readers.0.send_replace(Some(outcome));
            }
        };
        tokio::spawn(task.in_current_span());
        Some(outcome)
    }

    /// Waits for a turn; then the render cannot be joined any more. `None` if all its readers leave
    /// before.
    async fn turn(&self, selection: &Selection, readers: &Readers) -> Option<SemaphorePermit<'_>> {
        loop {
            let turn = tokio::select! {
                turn = self.turns.acquire() => turn.ok(),
                () = readers.0.closed() => None,
            };
            let mut waiting = self.waiting();
            if turn.is_some() || readers.are_gone() {
                waiting.remove(selection);
                return turn.filter(|_| !readers.are_gone());
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Selection, Readers>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Readers {
    /// Whether all of them have had another response, or have disconnected.
    fn are_gone(&self) -> bool {
        self.0.receiver_count() == 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    const TIMEOUT: Duration = Duration::from_mins(1);

    fn kitchen() -> Selection {
        Selection {
            in_stock: Some(true),
            ..Selection::default()
        }
    }

    /// A source whose renders wait for [`Source::finish`].
    #[derive(Clone, Default)]
    struct Source {
        begun: Arc<AtomicU32>,
        finish: Arc<Notify>,
    }

    impl Source {
        async fn render(self) -> Outcome {
            self.begun.fetch_add(1, Ordering::SeqCst);
            self.finish.notified().await;
            let writer = DocumentWriter::new(DocumentMemory::default(), || false);
            Ok(writer.finish().await?)
        }
    }

    async fn yield_until(condition: impl Fn() -> bool) {
        while !condition() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn given_readers_during_a_render_when_it_ends_then_they_share_the_next_one() {
        let (lists, source) = (CompleteLists::new(TIMEOUT), Source::default());
        // The second turn is taken, so that renders follow each other.
        let _turn = lists.turns.clone().acquire_owned().await;
        let read = || {
            let (lists, source) = (lists.clone(), source.clone());
            let read = async move { lists.document(kitchen(), |_| source.render()).await };
            tokio::spawn(read)
        };
        let first = read();
        yield_until(|| source.begun.load(Ordering::SeqCst) == 1).await;
        let later: Vec<_> = (0..3).map(|_| read()).collect();
        yield_until(|| {
            lists
                .waiting()
                .get(&kitchen())
                .map(|r| r.0.receiver_count())
                == Some(3)
        })
        .await;
        source.finish.notify_one();
        let first = first.await.expect("no panic").expect("a document");
        yield_until(|| source.begun.load(Ordering::SeqCst) == 2).await;
        source.finish.notify_one();
        let later = join_all(later).await.into_iter();
        let later: Vec<_> = later
            .map(|read| read.expect("no panic").expect("a document"))
            .collect();
        assert!(later.iter().all(|one| Arc::ptr_eq(one, &later[0])));
        assert!(!Arc::ptr_eq(&first, &later[0]), "it was read too early");
        assert_eq!(source.begun.load(Ordering::SeqCst), 2);
    }

    fn search(word: usize) -> Selection {
        Selection {
            words: Some(vec![word.to_string()]),
            ..Selection::default()
        }
    }

    #[tokio::test]
    async fn given_readers_that_have_left_when_others_want_their_places_then_they_get_them() {
        let (lists, source) = (CompleteLists::new(TIMEOUT), Source::default());
        let turns = lists.turns.clone().acquire_many_owned(2).await;
        for word in 0..MAX_WAITING {
            let unread = source.clone();
            let joined = lists.join(search(word), |_| unread.render());
            assert!(joined.is_some());
        }
        yield_until(|| lists.waiting().is_empty()).await;
        let unread = source.clone();
        let another = lists.join(kitchen(), |_| unread.render());
        assert!(another.is_some());
        drop((another, turns));
        yield_until(|| lists.waiting().is_empty()).await;
        // All turns are free, so no render has one.
        let _turns = lists.turns.acquire_many(2).await;
        assert_eq!(source.begun.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn given_too_many_different_lists_when_another_is_requested_then_503() {
        let (lists, source) = (CompleteLists::new(TIMEOUT), Source::default());
        let _turns = lists.turns.clone().acquire_many_owned(2).await;
        let waiting: Vec<_> = (0..MAX_WAITING)
            .map(|word| {
                let source = source.clone();
                lists.join(search(word), |_| source.render())
            })
            .collect();
        let another = lists.document(kitchen(), |_| source.render()).await;
        assert_eq!(another.map(|_| ()).unwrap_err().status, 503);
        assert!(waiting.iter().all(Option::is_some));
    }
}
