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
    let (common, listen) = (config.common.clone(), config.listen);
    lifecycle::run(
        "authentication",
        &common,
        listen,
        move |listener, shutdown| authentication::serve(config, listener, shutdown),
    )
}
