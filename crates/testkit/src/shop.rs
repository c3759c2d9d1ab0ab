//! The whole shop as processes of its own, with databases, topics and groups of its own.

mod builder;
mod data;
mod settings;
mod users;

use std::collections::{BTreeMap, HashMap};
use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::Signal;

pub use self::builder::Builder;
pub(crate) use self::settings::settings_alone;
pub use self::users::order;
use crate::kafka::Kafka;
use crate::service::{KINDS, Service};
use crate::{Client, SOON, Stores, eventually};

/// How long the whole shop may take to be ready on a busy machine.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// How much of each log a failed test shows.
const LINES_OF_LOG: usize = 60;

/// A running shop. Dropping it ends its processes and removes its data.
pub struct Shop {
    id: String,
    services: Vec<Service>,
    stores: Stores,
    mongodb: mongodb::Client,
    kafka: Kafka,
    visitor: Client,
    key_id: Mutex<String>,
    tokens: Mutex<HashMap<String, String>>,
    /// Where the test's own messages are: topic, partition, offset.
    pub(crate) injected: Mutex<Vec<(String, i32, i64)>>,
    /// The products that the test has put into the shop, and how many pieces of each.
    pub(crate) stocked: Mutex<BTreeMap<String, i64>>,
}

/// Starting and ending its processes.
impl Shop {
    /// Starts a shop with everything as usual and waits until all of it is ready.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A shop with something special.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Waits until a service says that it is ready.
    pub async fn wait_ready(&self, name: &str) {
        let service = self.service(name);
        let direct = Client::new(&service.url());
        eventually(&format!("{name} is ready"), READY_WITHIN, async || {
            if let Some(status) = service.ended() {
                panic!(
                    "{name} ended before it was ready: {status}\n{}",
                    service.last_lines(LINES_OF_LOG)
                );
            }
            let answer = direct
                .try_send(reqwest::Method::GET, "/health/ready", None)
                .await;
            let answer = answer.map_err(|error| format!("{error:?}"))?;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer.text())
            }
        })
        .await;
    }

    /// Kills a service as a power failure would.
    pub fn kill(&self, name: &str) {
        self.service(name).kill();
    }

    /// Asks a service to end (SIGTERM) and waits for it.
    pub async fn stop(&self, name: &str) -> ExitStatus {
        self.service(name).signal(Signal::SIGTERM);
        self.wait_exit(name).await
    }

    /// Halts a service: its connections stay open and nothing answers.
    pub fn pause(&self, name: &str) {
        self.service(name).signal(Signal::SIGSTOP);
    }

    /// Lets a service go on.
    pub fn resume(&self, name: &str) {
        self.service(name).signal(Signal::SIGCONT);
    }

    /// Waits until a service has ended by itself.
    pub async fn wait_exit(&self, name: &str) -> ExitStatus {
        let what = format!("{name} ends");
        eventually(&what, SOON, async || {
            self.ended(name).ok_or_else(|| "it runs".to_owned())
        })
        .await
    }

    /// Whether a service has ended, which [`Shop::wait_exit`] then tells about.
    pub fn has_ended(&self, name: &str) -> bool {
        self.service(name).has_ended()
    }

    /// How a service ended, if it has; told once.
    pub fn ended(&self, name: &str) -> Option<ExitStatus> {
        self.service(name).ended()
    }

    /// Starts an ended service again, without `CRASH_AT`, and waits until it is ready.
    pub async fn start_again(&self, name: &str) {
        self.start_again_with(name, &[]).await;
    }

    /// Starts an ended service again with these settings on top, and waits until it is ready.
    pub async fn start_again_with(&self, name: &str, settings: &[(&str, &str)]) {
        self.spawn_again(name, settings);
        self.wait_ready(name).await;
    }

    /// Starts an ended service again without waiting.
    pub fn spawn_again(&self, name: &str, settings: &[(&str, &str)]) {
        self.service(name).start(settings);
    }

    /// The most memory that a service has occupied so far, in MiB (`VmHWM` in proc(5)).
    pub fn peak_memory(&self, name: &str) -> u64 {
        self.service(name).peak_memory()
    }

    /// What a service has logged since its last start.
    pub fn logged(&self, name: &str) -> String {
        self.service(name).logged()
    }

    /// The names of all its services.
    pub fn names(&self) -> Vec<&str> {
        self.services
            .iter()
            .map(|service| service.name.as_str())
            .collect()
    }

    fn service(&self, name: &str) -> &Service {
        service(&self.services, name)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        for service in &self.services {
            service.kill();
        }
        if std::thread::panicking() {
            let logs: String = self
                .services
                .iter()
                .map(|service| service.last_lines(LINES_OF_LOG))
                .collect();
            eprintln!("the ends of the logs of {}:\n{logs}", self.id);
        }
        for service in &self.services {
            service.remove_logs();
        }
        if self.stores.are_own() {
            return;
        }
        let databases = KINDS.map(|kind| format!("{}_{kind}", self.id));
        let topics =
            ["products", "orders", "order-status", "dead-letters"].map(|name| self.topic(name));
        let (uri, kafka) = (self.stores.mongodb_uri.clone(), self.kafka.clone());
        // The test's own runtime cannot be waited for in here.
        let cleaning = std::thread::spawn(move || data::clean(&uri, &databases, &kafka, &topics));
        let _ = cleaning.join();
    }
}

fn service<'a>(services: &'a [Service], name: &str) -> &'a Service {
    services
        .iter()
        .find(|service| service.name == name)
        .unwrap_or_else(|| panic!("no service {name}"))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
