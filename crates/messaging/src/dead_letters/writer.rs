//! Writes dead letters to the dead-letter topic.

use std::time::Duration;

use rdkafka::error::RDKafkaErrorCode;

use super::Letter;
use crate::producer::Connection;
use crate::settings::{KafkaConfigError, KafkaSettings};

/// The pause after a failed attempt.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// Writes the dead letters of one service.
pub(crate) struct Writer {
    topic: String,
    reader: String,
    connection: Connection,
}

/// The result of sending letters once.
pub(super) struct Attempt {
    pub(super) delivered: Vec<Letter>,
    pub(super) failed: Vec<Letter>,
}

impl Writer {
    /// A writer of the letters of the service `reader`.
    pub(crate) fn new(settings: &KafkaSettings, reader: &str) -> Result<Self, KafkaConfigError> {
        Ok(Self {
            topic: settings.topics().dead_letters,
            reader: reader.to_owned(),
            connection: Connection::new(settings, reader)?,
        })
    }

    /// Sends letters once. Pauses after a failure, so that it can be called again at once.
    pub(super) async fn write(&self, letters: Vec<Letter>) -> Attempt {
        let records = letters.iter();
        let records = records.map(|letter| letter.record(&self.topic, &self.reader));
        // Sent together, so that many take little longer than one.
        let reports = self.connection.send(records).await;
        let (mut delivered, mut failed) = (Vec::new(), Vec::new());
        let mut cause = None;
        for (mut letter, report) in letters.into_iter().zip(reports) {
            match report {
                Ok(()) => {
                    log(&letter);
                    delivered.push(letter);
                }
                Err(error) => {
                    let code = error.rdkafka_error_code();
                    // The topic accepts less than this program creates it with.
                    let is_too_large = code == Some(RDKafkaErrorCode::MessageSizeTooLarge);
                    if !(is_too_large && letter.cut()) {
                        cause = Some(error);
                    }
                    failed.push(letter);
                }
            }
        }
        metrics::counter!("dead_letters_total").increment(delivered.len() as u64);
        if let Some(error) = cause {
            let (topic, waiting) = (&self.topic, failed.len());
            tracing::warn!(%error, topic, waiting, "cannot write dead letters; retrying");
            tokio::time::sleep(RETRY_DELAY).await;
        }
        Attempt { delivered, failed }
    }
}

fn log(letter: &Letter) {
    tracing::warn!(
        topic = letter.topic(),
        partition = letter.partition(),
        offset = letter.offset(),
        reason = letter.reason(),
        "moved a message to the dead-letter topic"
    );
}
