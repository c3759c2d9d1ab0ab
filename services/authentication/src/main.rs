//! The authentication service.

use std::process::ExitCode;

use authentication::Config;
use authentication::config::{AdminCommand, Command};
use runtime::{lifecycle, settings};

fn main() -> ExitCode {
    let config: Config = settings::parse();
    if let Some(Command::Admin(AdminCommand::Create { email })) = &config.command {
        return authentication::admin::create(&config, email);
    }
    let common = config.common.clone();
    lifecycle::run(
        "authentication",
        &common,
        config.listen,
        |listener, shutdown| authentication::serve(config, listener, shutdown),
    )
}
