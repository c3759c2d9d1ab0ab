//! One service without the others, for settings with which it must not start.

use std::time::Duration;

use crate::eventually::eventually;
use crate::random::random_id;
use crate::servers::Servers;
use crate::service::Service;
use crate::settings::{SERVICES, Settings, free_port, shop_settings};
use crate::stores::Namespace;

/// Time limit for a service to exit by itself.
const EXIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How a service exited.
#[derive(Clone, Debug)]
pub struct Exit {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// The output of the service.
    pub output: String,
}

/// Starts a service with its usual settings after `change`, and waits until it exits; returns
/// `None` if it keeps running.
pub async fn run_service(service: &str, change: impl FnOnce(&mut Settings)) -> Option<Exit> {
    let ports = SERVICES
        .into_iter()
        .map(|service| (service, vec![free_port()]))
        .collect();
    let namespace = Namespace("standalone".to_owned());
    let mut settings = shop_settings(service, free_port(), &ports, &namespace, &Servers::shared());
    change(&mut settings);
    let id = format!("standalone-{}", random_id());
    let process = Service::new(&id, service, service, 0, settings);
    process.start(&[]);
    let exit = tokio::time::timeout(
        EXIT_TIMEOUT,
        eventually("the service exits", async || {
            process.try_wait().ok_or_else(|| "it runs".to_owned())
        }),
    );
    let status = exit.await.ok();
    let output = process.log();
    process.kill();
    process.remove_logs();
    status.map(|status| Exit {
        code: status.code(),
        output,
    })
}
