//! Start, signals, background work, stop.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::settings::Common;
use crate::{healthcheck, telemetry};

/// What a service fails with when it cannot start or has to give up.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs a service from telemetry to exit code, or asks the one that runs already how it is
/// (`--healthcheck`): binds `listen`, calls `serve` with a token that
/// a SIGTERM or Ctrl-C cancels, and logs why it failed if it did.
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
            // There may be nobody left who reads it.
            let _ = writeln!(std::io::stderr(), "{name}: {}", chain(error.as_ref()));
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
            let listener = TcpListener::bind(listen).await.map_err(|error| {
                format!("LISTEN is {listen}, where nothing can listen: {error}")
            })?;
            let shutdown = CancellationToken::new();
            cancel_on_signal(shutdown.clone())?;
            serve(listener, shutdown).await?;
            tracing::info!("{name} has stopped");
            Ok(())
        })
}

fn cancel_on_signal(shutdown: CancellationToken) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        // Before anything that could fail, as logging can.
        shutdown.cancel();
        tracing::info!("was asked to stop");
    });
    Ok(())
}

/// An error and its causes in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

/// A service's background work, which is told to stop and then waited for.
#[derive(Clone, Debug, Default)]
pub struct Background {
    tasks: TaskTracker,
    stop: CancellationToken,
    failure: Arc<Mutex<Option<Failure>>>,
}

impl Background {
    /// The token that tells the work to stop.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a piece of background work. It should end soon after the stop token is cancelled.
    pub fn spawn<F>(&self, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(work);
    }

    /// Starts work without which the service is of no use: if it fails or panics, `shutdown` is
    /// cancelled, and [`Background::failure`] says why.
    pub fn spawn_vital<F, E>(&self, shutdown: CancellationToken, work: F)
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
            tracing::error!(reason = chain(failure.as_ref()), "has to give up");
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
            shutdown.cancel();
        });
    }

    /// Why the service has to give up, if it has; told once.
    pub fn failure(&self) -> Option<Failure> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take()
    }

    /// Tells the work to stop and waits for it, for at most `patience`.
    pub async fn finish(self, patience: Duration) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(patience, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                left = self.tasks.len(),
                "background work did not stop in time"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ended_by(
        work: impl Future<Output = Result<(), Failure>> + Send + 'static,
    ) -> Option<String> {
        let (background, shutdown) = (Background::default(), CancellationToken::new());
        background.spawn_vital(shutdown.clone(), work);
        background.tasks.close();
        background.tasks.wait().await;
        let failure = background.failure().map(|failure| failure.to_string());
        assert_eq!(shutdown.is_cancelled(), failure.is_some());
        failure
    }

    #[tokio::test]
    async fn given_vital_work_when_it_fails_or_panics_then_the_service_ends_and_knows_why() {
        assert_eq!(ended_by(async { Ok(()) }).await, None);
        let failed = ended_by(async { Err("no broker".into()) }).await;
        assert_eq!(failed.as_deref(), Some("no broker"));
        let panicked = ended_by(async { panic!("a mistake") }).await;
        assert!(panicked.is_some_and(|reason| reason.contains("a mistake")));
    }
}
