use std::collections::HashSet;

use clap::Parser as _;
use testkit::Servers;

use super::*;
use crate::settings::KafkaSettings;

#[derive(clap::Parser)]
struct Settings {
    #[command(flatten)]
    kafka: KafkaSettings,
}

/// The outboxes of two replicas in a database of their own.
struct Replicas {
    database: Database,
    outboxes: [Outbox; 2],
}

impl Replicas {
    async fn start(database: &str) -> Self {
        let servers = tokio::task::spawn_blocking(Servers::shared).await;
        let servers = servers.expect("the servers start");
        let client = mongodb::Client::with_uri_str(&servers.mongodb_uri).await;
        let database = client.expect("a client").database(database);
        let settings = Settings::parse_from(["test", "--kafka-brokers", &servers.kafka_brokers]);
        let producer = Producer::new(&settings.kafka, "test").expect("a producer");
        let outbox = || Outbox::new(&database, producer.clone(), Background::default(), "none");
        let outboxes = [outbox(), outbox()];
        outboxes[0].ensure_indexes().await.expect("an index");
        Self { database, outboxes }
    }

    /// Stores `count` documents whose lease began at `at`.
    async fn store(&self, count: usize, at: Timestamp) {
        let document = || Document {
            id: ObjectId::new(),
            leased_at: date(at),
            messages: vec![message(1, 10)],
        };
        let documents: Vec<Document> = std::iter::repeat_with(document).take(count).collect();
        let inserted = self.outboxes[0].documents.insert_many(documents).await;
        inserted.expect("inserts");
    }

    async fn remove(self) {
        self.database.drop().await.expect("drops");
    }
}

/// The ids of all documents that a replica can claim.
async fn claim_all(outbox: &Outbox, now: Timestamp) -> Vec<ObjectId> {
    let mut ids = Vec::new();
    loop {
        let claimed = outbox.claim(now).await.expect("claims");
        if claimed.is_empty() {
            return ids;
        }
        ids.extend(claimed.into_iter().map(|document| document.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_documents_left_behind_when_two_replicas_sweep_then_each_is_sent_by_one() {
    let replicas = Replicas::start("outbox_two_replicas").await;
    let now = SystemClock.now();
    replicas.store(100, now - LEASE * 2).await;
    let [first, second] = &replicas.outboxes;
    let (first, second) = tokio::join!(claim_all(first, now), claim_all(second, now));
    let claimed = [first, second].concat();
    let distinct: HashSet<&ObjectId> = claimed.iter().collect();
    assert_eq!((claimed.len(), distinct.len()), (100, 100));
    replicas.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_replica_that_sends_a_document_when_another_starts_then_it_waits_for_the_lease() {
    let replicas = Replicas::start("outbox_lease").await;
    let now = SystemClock.now();
    replicas.store(1, now).await;
    let started = &replicas.outboxes[1];
    assert_eq!(claim_all(started, now).await, []);
    assert_eq!(claim_all(started, now + LEASE).await.len(), 1);
    assert_eq!(claim_all(started, now + LEASE).await, []);
    replicas.remove().await;
}

/// On one thread, so that a document that is being sent takes its slot until the test waits.
#[tokio::test]
async fn given_an_expired_lease_when_the_document_is_published_then_it_is_left_to_the_sweeper() {
    let replicas = Replicas::start("outbox_expired").await;
    let [outbox, _] = &replicas.outboxes;
    let stored = |leased_at: Timestamp| {
        let document = Document {
            id: ObjectId::new(),
            leased_at: date(leased_at),
            messages: vec![message(1, 10)],
        };
        Stored(vec![document])
    };
    let sending = || usize::from(MAX_IN_FLIGHT) - outbox.in_flight.available_permits();
    outbox.publish(stored(SystemClock.now() - LEASE)).await;
    assert_eq!(sending(), 0);
    outbox.publish(stored(SystemClock.now())).await;
    assert_eq!(sending(), 1);
    replicas.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_many_leased_documents_when_one_is_claimed_then_the_index_finds_it_alone() {
    let replicas = Replicas::start("outbox_explain").await;
    let now = SystemClock.now();
    replicas.store(500, now).await;
    replicas.store(20, now - LEASE * 2).await;
    replicas.store(20, now + MAX_CLOCK_SKEW * 2).await;
    let claim = doc! {
        "findAndModify": "outbox",
        "query": expired(now),
        "sort": { LEASED_AT: 1 },
        "update": { "$set": { LEASED_AT: date(now) } },
    };
    let explain = doc! { "explain": claim, "verbosity": "executionStats" };
    let explained = replicas.database.run_command(explain).await;
    let explained = explained.expect("explains");
    let stats = explained.get_document("executionStats").expect("numbers");
    let examined = stats.get_i32("totalDocsExamined").expect("a number");
    assert!(examined <= 2, "{explained}");
    assert!(!explained.to_string().contains("COLLSCAN"), "{explained}");
    replicas.remove().await;
}

fn message(id: usize, length: usize) -> Message {
    Message {
        topic: String::new(),
        key: String::new(),
        id: id.to_string(),
        kind: String::new(),
        source: String::new(),
        time: String::new(),
        traceparent: None,
        payload: "x".repeat(length),
    }
}

#[test]
fn given_messages_of_any_length_when_split_then_each_is_in_one_chunk_and_no_chunk_is_too_long() {
    let check = |lengths: &[usize], expected: &[usize]| {
        let all: Vec<Message> = (0..)
            .zip(lengths)
            .map(|(id, length)| message(id, *length))
            .collect();
        let chunks = split_by_size(all.clone(), 1000);
        let counts: Vec<usize> = chunks.iter().map(Vec::len).collect();
        assert_eq!(counts, expected, "{lengths:?}");
        for chunk in chunks.iter().filter(|chunk| chunk.len() > 1) {
            assert!(chunk.iter().map(size).sum::<usize>() <= 1000, "{lengths:?}");
        }
        assert_eq!(chunks.concat(), all);
    };
    check(&[], &[]);
    check(&[1, 1, 1], &[3]);
    check(&[700, 700, 1, 1], &[1, 3]);
    check(&[1, 5000, 1], &[1, 1, 1]);
    check(&[400, 300, 400], &[2, 1]);
}
