//! Start, signals, background tasks and shutdown of a process.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
        return healthcheck::report(name, listen, "/health/ready");
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

/// The background tasks of a service. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Background {
    tasks: TaskTracker,
    stop: CancellationToken,
    failure: Arc<Mutex<Option<Failure>>>,
}

impl Background {
    /// The token that stops the tasks.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a background task, which must end soon after the stop token is cancelled.
    pub fn spawn<F>(&self, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(work);
    }

    /// Starts a task without which the service cannot work: if it fails or panics, `shutdown` is
    /// cancelled and [`Background::finish`] returns the cause.
    pub fn spawn_critical<F, E>(&self, shutdown: CancellationToken, work: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        let slot = Arc::clone(&self.failure);
        self.tasks.spawn(async move {
            let failure: Failure = match tokio::spawn(work).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.into(),
                Err(panicked) => panicked.into(),
            };
            tracing::error!(
                reason = error_chain(failure.as_ref()),
                "a critical task failed; shutting down"
            );
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
            shutdown.cancel();
        });
    }

    /// Stops the tasks and waits for them to end, at most for `timeout`. Returns the failure of a
    /// critical task, if one failed, also while it stopped.
    pub async fn finish(self, timeout: Duration) -> Result<(), Failure> {
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
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn failure_of(
        work: impl Future<Output = Result<(), Failure>> + Send + 'static,
    ) -> Option<String> {
        let (background, shutdown) = (Background::default(), CancellationToken::new());
        background.spawn_critical(shutdown.clone(), work);
        let finished = background.finish(Duration::from_secs(5)).await;
        let failure = finished.err().map(|failure| failure.to_string());
        assert_eq!(shutdown.is_cancelled(), failure.is_some());
        failure
    }

    #[tokio::test]
    async fn given_a_critical_task_when_it_fails_or_panics_then_the_service_stops_with_the_cause() {
        assert_eq!(failure_of(async { Ok(()) }).await, None);
        let failed = failure_of(async { Err("no broker".into()) }).await;
        assert_eq!(failed.as_deref(), Some("no broker"));
        let panicked = failure_of(async { panic!("a mistake") }).await;
        assert!(panicked.is_some_and(|reason| reason.contains("a mistake")));
    }
}
