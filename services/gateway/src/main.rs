//! Runs the gateway.

use std::process::ExitCode;

use gateway::config::Config;
use runtime::{lifecycle, settings};

fn main() -> ExitCode {
    let config: Config = settings::parse();
    let (common, listen) = (config.common.clone(), config.listen);
    lifecycle::run("gateway", &common, listen, |listener, shutdown| {
        gateway::serve(config, listener, shutdown)
    })
}
