//! The orders service.

use std::process::ExitCode;

use orders::{Config, SERVICE, serve};
use runtime::{lifecycle, settings};

fn main() -> ExitCode {
    let config: Config = settings::parse();
    let (common, listen) = (config.common.clone(), config.listen);
    lifecycle::run(SERVICE, &common, listen, |listener, shutdown| {
        serve(config, listener, shutdown)
    })
}
