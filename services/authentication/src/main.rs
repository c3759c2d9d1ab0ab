//! The authentication service.

use std::process::ExitCode;

use authentication::{AdminCommand, Command, Config, SERVICE, admin, serve};
use runtime::{lifecycle, settings};

fn main() -> ExitCode {
    let config: Config = settings::parse();
    if let Some(Command::Admin(AdminCommand::Create { email })) = &config.command {
        return admin::create(&config, email);
    }
    let (common, listen) = (config.common.clone(), config.listen);
    lifecycle::run(SERVICE, &common, listen, |listener, shutdown| {
        serve(config, listener, shutdown)
    })
}
