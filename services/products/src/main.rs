//! The products service.

use std::process::ExitCode;

use products::Config;
use runtime::{lifecycle, settings};

fn main() -> ExitCode {
    let config: Config = settings::parse();
    let common = config.common.clone();
    lifecycle::run("products", &common, config.listen, |listener, shutdown| {
        products::serve(config, listener, shutdown)
    })
}
