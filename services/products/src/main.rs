//! The products service.

use std::process::ExitCode;

use products::{Config, SERVICE, serve};
use runtime::{lifecycle, settings};

fn main() -> ExitCode {
    let config: Config = settings::parse();
    let (common, listen) = (config.common.clone(), config.listen);
    lifecycle::run(SERVICE, &common, listen, |listener, shutdown| {
        serve(config, listener, shutdown)
    })
}
