//! Start, signals, background work, stop.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::settings::Common;
use crate::telemetry;

/// What a service fails with when it cannot start or has to give up.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs a service from telemetry to exit code: binds `listen`, calls `serve` with a token that
/// a SIGTERM or Ctrl-C cancels, and logs why it failed if it did.
pub fn run<F, S>(name: &str, settings: &Common, listen: SocketAddr, serve: S) -> ExitCode
where
    S: FnOnce(TcpListener, CancellationToken) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    match start(name, settings, listen, serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {}", chain(error.as_ref()));
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
        tracing::info!("was asked to stop");
        shutdown.cancel();
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
