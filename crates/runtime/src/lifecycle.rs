//! Start, signals, background tasks and shutdown of a process.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::crash::crash_point;
use crate::settings::Common;
use crate::telemetry;

/// Why a service cannot start or has to stop.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
#[error("cannot bind LISTEN={listen}")]
struct BindError {
    listen: SocketAddr,
    source: std::io::Error,
}

/// Runs a service: starts telemetry, binds `listen`, and calls `serve` with a token that SIGTERM or
/// Ctrl-C cancels. A failure is printed to standard error. With `--healthcheck` it checks the running
/// service instead.
pub fn run<F, S>(name: &str, settings: &Common, listen: SocketAddr, serve: S) -> ExitCode
where
    S: FnOnce(TcpListener, CancellationToken) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    if settings.healthcheck {
        let path = "/health/ready";
        return if settings.tls.has_certificate() {
            healthcheck::report_over(tls::loopback::open, name, listen, path)
        } else {
            healthcheck::report(name, listen, path)
        };
    }
    match start(name, settings, listen, serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed; the exit code still counts.
            let _ = writeln!(std::io::stderr(), "{name}: {}", error_chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn start<F, S>(name: &str, settings: &Common, listen: SocketAddr, serve: S) -> Result<(), Failure>
where
    S: FnOnce(TcpListener, CancellationToken) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    telemetry::init(settings)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let listener = TcpListener::bind(listen)
                .await
                .map_err(|source| BindError { listen, source })?;
            let shutdown = CancellationToken::new();
            cancel_on_signal(shutdown.clone())?;
            serve(listener, shutdown).await?;
            tracing::info!("{name} stopped");
            Ok(())
        })
}

fn cancel_on_signal(shutdown: CancellationToken) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        // Logging can fail, so cancel first.
        shutdown.cancel();
        tracing::info!("received a stop signal");
    });
    Ok(())
}

/// An error and its causes in one line, separated by colons.
pub fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

/// The backoff between two starts of a task that keeps failing.
const MIN_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// The background tasks of a service. Clones share them.
///
/// No task ends in silence: every failure is logged and counted in `background_failures_total` with
/// the name of the task.
#[derive(Clone, Debug, Default)]
pub struct Background {
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// The result of a background task: `()`, or a `Result`.
pub trait Outcome: Send + 'static {
    /// Why the task failed, if it did.
    fn failure(self) -> Option<Failure>;
}

impl Outcome for () {
    fn failure(self) -> Option<Failure> {
        None
    }
}

impl<E: Into<Failure> + Send + 'static> Outcome for Result<(), E> {
    fn failure(self) -> Option<Failure> {
        self.err().map(Into::into)
    }
}

impl Background {
    /// The token that stops the tasks.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Keeps a task running that the service always needs. `work` starts it with the stop token, and
    /// it must end soon after that is cancelled. A task that fails, panics or ends earlier is started
    /// again after a backoff; meanwhile the service does what it can without it.
    pub fn keep_running<F>(
        &self,
        task: &'static str,
        work: impl Fn(CancellationToken) -> F + Send + 'static,
    ) where
        F: Future<Output: Outcome> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let mut backoff = MIN_BACKOFF;
            loop {
                let started_at = Instant::now();
                match outcome(task, work(stop.clone())).await {
                    Ok(()) if stop.is_cancelled() => return,
                    Ok(()) => report(task, "it ended"),
                    Err(failure) => report(task, &error_chain(failure.as_ref())),
                }
                if started_at.elapsed() > MAX_BACKOFF {
                    backoff = MIN_BACKOFF;
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(backoff) => {}
                }
                backoff = (backoff * 2).min(MAX_BACKOFF);
            }
        });
    }

    /// Starts a task that ends by itself, such as sending one message. Its start is a crash point. Its
    /// result is `None` if it panicked; it is not started again.
    pub fn spawn<F>(&self, task: &'static str, work: F) -> JoinHandle<Option<F::Output>>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.tasks.spawn(async move {
            let work = async move {
                crash_point(task);
                work.await
            };
            let result = tokio::spawn(work.in_current_span()).await;
            result
                .inspect_err(|panicked| report(task, &panicked.to_string()))
                .ok()
        })
    }

    /// Stops the tasks and waits for them to end, at most for `timeout`.
    pub async fn finish(self, timeout: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(timeout, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                left = self.tasks.len(),
                "background tasks did not stop within {timeout:?}"
            );
        }
    }
}

/// Runs `work` in its own task, so that a panic is an error here. Its start is a crash point.
async fn outcome<F>(task: &'static str, work: F) -> Result<(), Failure>
where
    F: Future<Output: Outcome> + Send + 'static,
{
    let outcome = tokio::spawn(async move {
        crash_point(task);
        work.await
    });
    outcome.await?.failure().map_or(Ok(()), Err)
}

fn report(task: &'static str, reason: &str) {
    metrics::counter!("background_failures_total", "task" => task).increment(1);
    tracing::error!(task, reason, "a background task failed");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn mistake() {
        panic!("a mistake");
    }

    /// Runs a task that fails at its first start in the way of `fail`, and returns how often it was
    /// started until it was stopped.
    async fn starts_until_stopped<O: Outcome>(fail: impl Fn() -> O + Copy + Send + 'static) -> u32 {
        let background = Background::default();
        let (starts, recovered) = (Arc::new(AtomicU32::new(0)), CancellationToken::new());
        let work = {
            let (starts, recovered) = (Arc::clone(&starts), recovered.clone());
            move |stop: CancellationToken| {
                let is_first = starts.fetch_add(1, Ordering::SeqCst) == 0;
                let recovered = recovered.clone();
                async move {
                    if is_first {
                        return fail().failure().map_or(Ok(()), Err);
                    }
                    recovered.cancel();
                    stop.cancelled().await;
                    Ok(())
                }
            }
        };
        background.keep_running("test", work);
        recovered.cancelled().await;
        background.finish(Duration::from_secs(5)).await;
        starts.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn given_a_task_of_the_service_when_it_fails_panics_or_ends_then_it_is_started_again() {
        assert_eq!(starts_until_stopped(|| Err::<(), _>("no broker")).await, 2);
        assert_eq!(starts_until_stopped(mistake).await, 2);
        assert_eq!(starts_until_stopped(|| ()).await, 2);
    }

    #[tokio::test]
    async fn given_a_task_that_ends_by_itself_when_it_panics_then_it_has_no_result() {
        let background = Background::default();
        let done = background.spawn("test", async { 7 });
        let panicked = background.spawn("test", async { mistake() });
        assert_eq!(done.await.expect("is not cancelled"), Some(7));
        assert_eq!(panicked.await.expect("is not cancelled"), None);
    }

    #[tokio::test]
    async fn given_a_task_that_always_panics_when_the_service_stops_then_it_does_not_wait_for_the_backoff()
     {
        let background = Background::default();
        background.keep_running("test", async |_| mistake());
        let stopped = background.finish(Duration::from_mins(1));
        let stopped = tokio::time::timeout(Duration::from_secs(5), stopped).await;
        assert!(stopped.is_ok());
    }
}
