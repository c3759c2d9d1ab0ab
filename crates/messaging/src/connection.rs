//! The watch over the connection to the broker.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use runtime::health::{self, Health, Part};
use runtime::lifecycle::Background;
use tokio_util::sync::CancellationToken;

use crate::settings::{KafkaConfigError, KafkaSettings};

/// How often the broker is pinged.
const PING_INTERVAL: Duration = Duration::from_secs(1);
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Reports in the background whether the broker answers.
pub fn watch(settings: &KafkaSettings, health: &Health, background: &Background) {
    let (settings, part) = (settings.clone(), health.reported_part(health::BROKER));
    background.keep_running("broker-watch", move |stop| {
        keep_pinging(settings.clone(), part.clone(), stop)
    });
}

async fn keep_pinging(
    settings: KafkaSettings,
    part: Part,
    stop: CancellationToken,
) -> Result<(), KafkaConfigError> {
    // Of all clients, only consumers do not create a missing topic by asking for it.
    let client: Arc<BaseConsumer> = Arc::new(settings.client("watch")?.create()?);
    let topic: Arc<str> = settings.topics().dead_letters.into();
    let mut ticks = tokio::time::interval(PING_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let (client, topic) = (Arc::clone(&client), Arc::clone(&topic));
        let ping = tokio::task::spawn_blocking(move || ping(&client, &topic));
        if let Some(answers) = stop.run_until_cancelled(ping).await {
            part.set(answers.unwrap_or(false));
        }
    }
    Ok(())
}

/// Whether the broker answers.
fn ping(client: &BaseConsumer, topic: &str) -> bool {
    let metadata = client.fetch_metadata(Some(topic), PING_TIMEOUT);
    // The client keeps the errors of an unreachable broker until they are read.
    while client.poll(Duration::ZERO).is_some() {}
    metadata.is_ok()
}
