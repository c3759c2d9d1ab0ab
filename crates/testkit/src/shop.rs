//! The whole shop as child processes, with its own databases, topics and consumer groups.

mod data;
mod encryption;
mod users;

use std::collections::{BTreeMap, HashMap};
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::client::Client;
use crate::eventually::{eventually, eventually_within};
use crate::release::Release;
use crate::service::Service;
use crate::stores::Stores;

/// Time limit for the whole shop to become ready on a busy machine.
const READY_TIMEOUT: Duration = Duration::from_mins(1);
/// How many lines of each log a failed test prints.
const LOG_LINES: usize = 60;

/// A running shop. Dropping it ends its processes and removes its data.
pub struct Shop {
    services: Vec<Service>,
    stores: Stores,
    anonymous: Client,
    key_id: Mutex<String>,
    access_tokens: Mutex<HashMap<String, String>>,
    /// Topic, partition and offset of the messages that the test has sent itself.
    injected: Mutex<Vec<(String, i32, i64)>>,
    /// The products that the test has added, with their initial stock.
    added: Mutex<BTreeMap<String, i64>>,
}

/// Starting, stopping and inspecting the processes.
impl Shop {
    /// Starts the services and does not wait.
    pub(crate) fn spawn(services: Vec<Service>, stores: Stores) -> Self {
        for service in &services {
            service.start(&[]);
        }
        Self {
            anonymous: Client::new(&find(&services, "gateway").url()),
            services,
            stores,
            key_id: Mutex::default(),
            access_tokens: Mutex::default(),
            injected: Mutex::default(),
            added: Mutex::default(),
        }
    }

    /// Waits until a service is ready with all its parts; panics if it exits.
    pub async fn wait_ready(&self, name: &str) {
        let service = self.service(name);
        let client = Client::new(&service.url());
        let what = format!("{name} is ready");
        eventually_within(READY_TIMEOUT, &what, async || {
            if let Some(status) = service.try_wait() {
                let log = service.last_lines(LOG_LINES);
                panic!("{name} exited before it was ready: {status}\n{log}");
            }
            let response = client.try_get("/health/ready").await;
            let response = response.map_err(|error| format!("{error:?}"))?;
            if response.is_fully_ready() {
                Ok(())
            } else {
                Err(response.text())
            }
        })
        .await;
    }

    /// Kills a service (SIGKILL).
    pub fn kill(&self, name: &str) {
        self.service(name).kill();
    }

    /// Stops a service (SIGTERM) and waits until it exits.
    pub async fn stop(&self, name: &str) -> ExitStatus {
        self.service(name).signal(Signal::SIGTERM);
        self.wait_exit(name).await
    }

    /// Suspends a service (SIGSTOP): its connections stay open and nothing answers.
    pub fn pause(&self, name: &str) {
        self.service(name).signal(Signal::SIGSTOP);
    }

    /// Resumes a service (SIGCONT).
    pub fn resume(&self, name: &str) {
        self.service(name).signal(Signal::SIGCONT);
    }

    /// Waits until a service has exited by itself.
    pub async fn wait_exit(&self, name: &str) -> ExitStatus {
        eventually(&format!("{name} exits"), async || {
            self.try_wait(name).ok_or_else(|| "it runs".to_owned())
        })
        .await
    }

    /// Whether a service has exited. [`Shop::wait_exit`] still returns its status.
    pub fn has_exited(&self, name: &str) -> bool {
        self.service(name).has_exited()
    }

    /// Returns the exit status of a service that has exited, once.
    pub fn try_wait(&self, name: &str) -> Option<ExitStatus> {
        self.service(name).try_wait()
    }

    /// Starts an exited service again, without `CRASH_AT`, and waits until it is ready.
    pub async fn restart(&self, name: &str) {
        self.restart_without_waiting(name, &[]);
        self.wait_ready(name).await;
    }

    /// Starts an exited service again as the program of `release`, and waits until it is ready.
    pub async fn restart_as(&self, name: &str, release: &Release) {
        self.service(name).set_release(release);
        self.restart(name).await;
    }

    /// Starts an exited service again with these additional settings, and does not wait.
    pub fn restart_without_waiting(&self, name: &str, settings: &[(&str, &str)]) {
        self.service(name).start(settings);
    }

    /// The largest resident set of a service so far in MiB.
    pub fn peak_memory(&self, name: &str) -> u64 {
        self.service(name).peak_memory()
    }

    /// The log of a service since its last start.
    pub fn log(&self, name: &str) -> String {
        self.service(name).log()
    }

    /// The names of all services and their replicas.
    pub fn service_names(&self) -> Vec<&str> {
        let services = self.services.iter();
        services.map(|service| service.name.as_str()).collect()
    }

    fn service(&self, name: &str) -> &Service {
        find(&self.services, name)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        for service in &self.services {
            service.kill();
        }
        if std::thread::panicking() {
            for service in &self.services {
                eprintln!("{}", service.last_lines(LOG_LINES));
            }
        }
        for service in &self.services {
            service.remove_logs();
        }
    }
}

fn find<'a>(services: &'a [Service], name: &str) -> &'a Service {
    services
        .iter()
        .find(|service| service.name == name)
        .unwrap_or_else(|| panic!("no service {name}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
