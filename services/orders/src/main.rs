//! The orders service.

use std::process::ExitCode;

use orders::Config;
use runtime::{lifecycle, settings};

fn main() -> ExitCode {
    let config: Config = settings::parse();
    let common = config.common.clone();
    lifecycle::run("orders", &common, config.listen, |listener, shutdown| {
        orders::serve(config, listener, shutdown)
    })
}
