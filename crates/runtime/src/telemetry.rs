//! Logging and metrics of the process.

use std::panic::PanicHookInfo;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::settings::{Common, LogFormat};

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts logging to standard output and metrics, also of panics. Works once per process.
pub fn init(settings: &Common) -> Result<(), TelemetryError> {
    log_to(std::io::stdout, settings)?;
    let handle = PrometheusBuilder::new()
        .set_buckets(&[
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ])
        .map_err(TelemetryError::Metrics)?
        .install_recorder()
        .map_err(TelemetryError::Metrics)?;
    // `install_recorder` succeeds once in a process, so this is the first value.
    let _ = METRICS.set(handle);
    std::panic::set_hook(Box::new(report_panic));
    Ok(())
}

/// Logs and counts a panic, also of a task whose result is never read.
fn report_panic(panic: &PanicHookInfo<'_>) {
    metrics::counter!("panics_total").increment(1);
    tracing::error!(
        location = panic.location().map(ToString::to_string),
        "a task panicked: {}",
        panic.payload_as_str().unwrap_or("no message")
    );
}

/// Starts logging to standard error, without metrics: for command-line programs, whose standard
/// output carries their result. Works once per process.
pub fn log_to_stderr(settings: &Common) -> Result<(), TelemetryError> {
    log_to(std::io::stderr, settings)
}

fn log_to<W>(writer: W, settings: &Common) -> Result<(), TelemetryError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter =
        EnvFilter::try_new(&settings.log_level).map_err(|source| TelemetryError::Filter {
            level: settings.log_level.clone(),
            source,
        })?;
    let lines = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_env_filter(filter)
        .with_target(true)
        // Reporting a failed write to standard error panics when that is closed too.
        .log_internal_errors(false);
    match settings.log_format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    }
    .map_err(TelemetryError::Logging)
}

/// Why logging or metrics could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The level is not in `EnvFilter`'s syntax.
    #[error("cannot parse LOG_LEVEL={level} as a log filter, such as info or info,orders=debug")]
    Filter {
        /// The value of the variable.
        level: String,
        /// The parser's error.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Another logger is installed.
    #[error("cannot start logging: a logger is installed already")]
    Logging(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The metrics recorder cannot be installed.
    #[error("cannot start metrics")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
}

/// Returns all metrics in Prometheus' text format.
pub fn render_metrics() -> String {
    let Some(handle) = METRICS.get() else {
        return String::new();
    };
    handle.run_upkeep();
    handle.render()
}
