//! Backups of a busy shop, and their restore. Kafka is emptied with each restore, as operators do.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::bucket::Bucket;
use bson::{Bson, Decimal128, Document, doc};
use futures::TryStreamExt as _;
use jiff::Timestamp;
use runtime::clock::{Clock as _, SystemClock};
use serde_json::json;
use tempfile::TempDir;
use testkit::{Client, Expectations, ReplicaSet, Shop, built_program, eventually, order};
use tokio::task::JoinSet;

const SERVICES: [&str; 3] = ["authentication", "products", "orders"];
const BUYERS: usize = 4;
/// How many orders are placed before a backup, and after it.
const SOME: usize = 80;
const DECIDED_TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn given_a_busy_shop_when_all_databases_are_lost_and_restored_then_every_invariant_holds() {
    let (shop, backups) = shop_with_backups().await;
    let buyers = Buyers::start(&shop).await;
    buyers.place_some().await;
    let session = log_in(&shop).await;
    let backup = backups.run(&["create"]);
    buyers.place_some().await;
    let refused = backups.try_run(&["restore", &backup.name]);
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("stop it first"), "{refused}");
    let placed = buyers.stop().await;
    stop_services(&shop).await;
    for service in SERVICES {
        shop.database(service).drop().await.expect("drops");
    }

    backups.run(&["restore", &backup.name]);
    restart_services(&shop).await;

    shop.wait_all_decided(DECIDED_TIMEOUT).await;
    shop.check_invariants(&placed.before(backup.instant)).await;
    let last = placed.0.last().expect("an order");
    let path = format!("/api/orders/{}", last.id);
    last.buyer.get(&path).await.expect(404);
    let refresh = json!({ "refresh_token": session });
    let anonymous = shop.anonymous();
    anonymous.post("/api/refresh", &refresh).await.expect(401);
    log_in(&shop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_busy_shop_when_only_products_is_restored_then_the_orders_since_are_decided_again()
{
    let (shop, backups, backup, placed) = stopped_shop_with_orders_after_a_backup().await;

    let restored = backups.run(&["restore", &backup.name, "--only", "products"]);
    restart_services(&shop).await;

    let again = restored.number_before("orders are decided again");
    assert!(again >= SOME / 2, "{}", restored.output);
    shop.wait_all_decided(DECIDED_TIMEOUT).await;
    shop.check_invariants(&placed.all()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_busy_shop_when_only_orders_is_restored_then_the_stock_of_lost_orders_is_returned()
{
    let (shop, backups, backup, placed) = stopped_shop_with_orders_after_a_backup().await;

    let first = backups.run(&["restore", &backup.name, "--only", "orders"]);
    let again = backups.run(&["restore", &backup.name, "--only", "orders"]);
    restart_services(&shop).await;

    let withdrawn = first.number_before("decisions without an order");
    assert!(withdrawn >= SOME / 2, "{}", first.output);
    assert_eq!(again.number_before("decisions without an order"), 0);
    shop.wait_all_decided(DECIDED_TIMEOUT).await;
    shop.check_invariants(&placed.before(backup.instant)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_damaged_backup_when_restored_then_nothing_is_changed() {
    let members = ReplicaSet::start().await;
    let backups = Backups::new(&members.uri(), str::to_owned);
    let database = members.primary_client().await.database("orders");
    let kinds = database.collection::<Document>("kinds");
    let some = (0..2000).map(|number| doc! { "_id": number });
    kinds.insert_many(some).await.expect("inserts");
    let backup = backups.run(&["create"]);
    backups.run(&["verify", &backup.name]);
    let object = format!("{}/orders.documents.bson.gz.age", backup.name);
    let object = backups.folder.path().join(object);
    let bytes = std::fs::read(&object).expect("reads");
    let (last, most) = bytes.split_last().expect("not empty");
    for (damage, bytes) in [
        ("truncated", most.to_vec()),
        ("changed", [most, &[last ^ 1]].concat()),
    ] {
        std::fs::write(&object, bytes).expect("writes");

        let restored = backups.try_run(&["restore", &backup.name]);

        assert!(!restored.status.success(), "{damage}");
        let message = String::from_utf8_lossy(&restored.stderr);
        assert!(message.contains("cannot read"), "{damage}: {message}");
        assert_eq!(kinds.count_documents(doc! {}).await.expect("counts"), 2000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_bucket_when_backed_up_then_the_backup_is_listed_and_restored_in_parts() {
    let (bucket, address) = Bucket::start().await;
    let members = ReplicaSet::start().await;
    let backups = Backups::new(&members.uri(), str::to_owned).in_bucket(&address);
    let kinds = members
        .primary_client()
        .await
        .database("orders")
        .collection::<Document>("kinds");
    let some = (0..40_u8)
        .map(|number| doc! { "_id": i32::from(number), "bytes": noise(number, 512 << 10) });
    let some: Vec<Document> = some.collect();
    kinds.insert_many(&some).await.expect("inserts");

    let backup = backups.run(&["create"]);
    kinds.drop().await.expect("drops");
    let list = backups.run(&["list"]).output;
    backups.run(&["restore", &backup.name]);

    assert!(
        bucket.part_count() > 1,
        "more than one part has been uploaded"
    );
    assert!(
        list.contains(&backup.name) && list.contains(" encrypted"),
        "{list}"
    );
    let restored = kinds
        .find(doc! {})
        .sort(doc! { "_id": 1 })
        .await
        .expect("finds");
    let restored: Vec<Document> = restored.try_collect().await.expect("reads");
    assert!(restored == some, "the same documents");
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_bucket_when_a_backup_is_refused_or_forged_then_there_is_none_to_restore() {
    let (bucket, address) = Bucket::start().await;
    let members = ReplicaSet::start().await;
    let backups = Backups::new(&members.uri(), str::to_owned).in_bucket(&address);
    let contents =
        r#"{"is_encrypted":false,"release":"","instant":"2026-11-25T03:00:00Z","stores":{}}"#;
    bucket.put("2026-11-25T03-00-00/contents.json", contents.into());
    bucket.refuse_uploads();

    let created = backups.try_run(&["create"]);
    let restored = backups.try_run(&["restore", "2026-11-25T03-00-00"]);

    assert!(!created.status.success());
    assert_eq!(bucket.names(), ["2026-11-25T03-00-00/contents.json"]);
    let refused = String::from_utf8_lossy(&restored.stderr);
    assert!(
        refused.contains("is not encrypted, so it is not a backup of this shop"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn given_changes_of_every_kind_when_restored_then_every_document_is_as_it_was() {
    let members = ReplicaSet::start().await;
    let backups = Backups::new(&members.uri(), str::to_owned);
    let database = members.primary_client().await.database("orders");
    let kinds = database.collection::<Document>("kinds");
    let by_text = doc! { "createIndexes": "kinds", "indexes": [
        { "key": { "text": 1 }, "name": "text", "partialFilterExpression": { "text": { "$exists": true } } },
    ] };
    database.run_command(by_text).await.expect("creates");
    let stop = Arc::new(AtomicBool::new(false));
    let changes = tokio::spawn({
        let (kinds, stop) = (kinds.clone(), Arc::clone(&stop));
        async move {
            let mut round = 0;
            while !stop.load(Ordering::Relaxed) {
                change_all(&kinds, round).await;
                round += 1;
            }
        }
    });
    eventually("there are documents", async || {
        let some = kinds.find_one(doc! {}).await.expect("finds");
        some.map(drop).ok_or_else(|| "none".to_owned())
    })
    .await;
    let backup = backups.run(&["create"]);
    stop.store(true, Ordering::Relaxed);
    changes.await.expect("no panic");
    assert!(backup.number_before("changes,") > 0, "{}", backup.output);
    let before = documents_at(&database, backup.instant).await;
    let indexes = kinds.list_index_names().await.expect("lists");
    kinds.drop().await.expect("drops");
    database
        .collection("later")
        .insert_one(doc! {})
        .await
        .expect("inserts");

    backups.run(&["restore", &backup.name]);

    let restored = kinds
        .find(doc! {})
        .sort(doc! { "_id": 1 })
        .await
        .expect("finds");
    let restored: Vec<Document> = restored.try_collect().await.expect("reads");
    assert_eq!(restored, before);
    assert_eq!(kinds.list_index_names().await.expect("lists"), indexes);
    let names = database.list_collection_names().await.expect("lists");
    assert!(!names.contains(&"later".to_owned()), "{names:?}");
}

/// Bytes that cannot be compressed.
fn noise(seed: u8, length: usize) -> bson::Binary {
    let mut state = u64::from(seed) + 1;
    let bytes = std::iter::repeat_with(|| {
        // Xorshift, see https://www.jstatsoft.org/article/view/v008i14.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    });
    let bytes = bytes.take(length).collect();
    bson::Binary {
        subtype: bson::spec::BinarySubtype::Generic,
        bytes,
    }
}

/// The documents as the server knows that they were at this time.
async fn documents_at(database: &mongodb::Database, instant: Timestamp) -> Vec<Document> {
    let time = u32::try_from(instant.as_second()).expect("a time of this century");
    let at = bson::Timestamp { time, increment: 0 };
    let find = doc! {
        "find": "kinds", "sort": { "_id": 1 }, "batchSize": 1000,
        "readConcern": { "level": "snapshot", "atClusterTime": at },
    };
    let found = database.run_cursor_command(find).await.expect("finds");
    found.try_collect().await.expect("reads")
}

/// Changes each of some documents in a way that depends on the round.
async fn change_all(kinds: &mongodb::Collection<Document>, round: i32) {
    for number in 0..200_i32 {
        let id = doc! { "_id": number };
        let whole = doc! {
            "list": (0..round % 7).collect::<Vec<_>>(), "text": "é\"\u{2028}", "nothing": Bson::Null,
            "at": bson::DateTime::now(), "money": "29.990".parse::<Decimal128>().expect("a number"),
            "long": i64::MAX, "double": 1.0, "nested": { "list": [{ "n": round }], "n": round },
        };
        let pipeline = |update: Document| vec![doc! { "$set": update }];
        let done = match (number + round) % 8 {
            0 => kinds.replace_one(id, whole).upsert(true).await,
            1 => {
                kinds
                    .update_one(
                        id,
                        doc! { "$set": { "nested.list.0.n": number, "list.5": round } },
                    )
                    .await
            }
            2 => {
                kinds
                    .update_one(
                        id,
                        doc! { "$unset": { "nested": "" }, "$set": { "text": "new" } },
                    )
                    .await
            }
            3 => {
                kinds
                    .update_one(id, doc! { "$set": { "nested": round, "list": "no array" } })
                    .await
            }
            4 => {
                kinds
                    .update_one(id, doc! { "$set": { "nested": { "list": [{}], "n": 0 } } })
                    .await
            }
            5 => {
                kinds
                    .update_one(
                        id,
                        pipeline(doc! { "list": { "$slice": ["$list", 1] }, "n": round }),
                    )
                    .await
            }
            6 => {
                kinds
                    .update_one(id, doc! { "$push": { "list": round } })
                    .await
            }
            _ => {
                kinds.delete_one(id).await.expect("deletes");
                continue;
            }
        };
        // Some changes do not suit the document that is there.
        let _ = done;
    }
}

/// A shop with its own servers, because a restore refuses to run beside a service.
async fn shop_with_backups() -> (Shop, Backups) {
    let shop = Shop::builder().dedicated_servers().start().await;
    shop.add_product("bread", 1.5, 100_000).await;
    shop.add_product("vase", 10.0, 20).await;
    let backups = Backups::of(&shop);
    (shop, backups)
}

/// The shop, its backups, the backup that was made while buyers placed orders, and all orders. All are decided.
async fn stopped_shop_with_orders_after_a_backup() -> (Shop, Backups, Done, AllPlaced) {
    let (shop, backups) = shop_with_backups().await;
    let buyers = Buyers::start(&shop).await;
    buyers.place_some().await;
    let backup = backups.run(&["create"]);
    buyers.place_some().await;
    let placed = buyers.stop().await;
    shop.add_product("lamp", 20.0, 5).await;
    shop.wait_all_decided(DECIDED_TIMEOUT).await;
    stop_services(&shop).await;
    (shop, backups, backup, placed)
}

async fn stop_services(shop: &Shop) {
    for service in SERVICES {
        assert!(shop.stop(service).await.success());
    }
    for topic in ["orders", "order-status", "products", "product-states"] {
        shop.delete_topic(topic).await;
    }
}

async fn restart_services(shop: &Shop) {
    for service in SERVICES {
        shop.restart(service).await;
    }
}

/// Opens a session, and returns its refresh token.
async fn log_in(shop: &Shop) -> String {
    let credentials = json!({ "email": "aaa@aaa.com", "password": "aaa@aaa.com" });
    let response = shop.anonymous().post("/api/login", &credentials).await;
    response.expect(200).string("refresh_token")
}

/// The program, and where it keeps the backups of a shop.
struct Backups {
    folder: TempDir,
    settings: Vec<(String, String)>,
}

/// What a run printed.
#[derive(Debug)]
struct Done {
    output: String,
    /// The name of the new backup.
    name: String,
    /// The state that it restores.
    instant: Timestamp,
}

impl Done {
    /// The number in front of these words.
    fn number_before(&self, words: &str) -> usize {
        let (before, _) = self
            .output
            .split_once(words)
            .unwrap_or_else(|| panic!("{self:?}"));
        let number = before.split_whitespace().next_back();
        number
            .and_then(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("{self:?}"))
    }
}

impl Backups {
    fn of(shop: &Shop) -> Self {
        let database = |service: &str| shop.database(service).name().to_owned();
        Self::new(&shop.servers().mongodb_uri, database)
    }

    /// Of databases on one server, or on one replica set.
    fn new(uri: &str, database: impl Fn(&str) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = vec![(
            "BACKUP_LOCATION".to_owned(),
            format!("file://{}", folder.path().display()),
        )];
        for service in SERVICES {
            let prefix = format!("MONGODB_{}", service.to_uppercase());
            settings.push((format!("{prefix}_URI"), uri.to_owned()));
            settings.push((format!("{prefix}_DATABASE"), database(service)));
        }
        let mut backups = Self { folder, settings };
        backups.encrypt();
        backups
    }

    /// Keeps the backups in a bucket of the stand-in for Cloud Storage.
    fn in_bucket(mut self, address: &str) -> Self {
        let account = json!({
            "gcs_base_url": address, "disable_oauth": true,
            "client_email": "", "private_key": "", "private_key_id": "",
        });
        let location = "gs://backups".to_owned();
        self.settings.push(("BACKUP_LOCATION".to_owned(), location));
        let account = account.to_string();
        self.settings
            .push(("GOOGLE_SERVICE_ACCOUNT_KEY".to_owned(), account));
        self
    }

    /// Creates a key pair, with which the program encrypts from now on.
    fn encrypt(&mut self) {
        let key = self.try_run(&["key"]).stdout;
        let text = String::from_utf8(key).expect("text");
        let public = text
            .lines()
            .find_map(|line| line.strip_prefix("# BACKUP_RECIPIENT="));
        let public = public.expect("a public key").to_owned();
        self.settings.push(("BACKUP_RECIPIENT".to_owned(), public));
        let path = self.folder.path().join("identity");
        std::fs::write(&path, text).expect("writes");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).expect("changes");
        let path = path.display().to_string();
        self.settings
            .push(("BACKUP_IDENTITY_FILE".to_owned(), path));
    }

    fn try_run(&self, arguments: &[&str]) -> Output {
        let mut program = Command::new(built_program("backup"));
        program.args(arguments).envs(self.settings.iter().cloned());
        tokio::task::block_in_place(|| program.output()).expect("the program starts")
    }

    fn run(&self, arguments: &[&str]) -> Done {
        let output = self.try_run(arguments);
        assert!(output.status.success(), "{output:?}");
        let output = String::from_utf8(output.stdout).expect("text");
        let words: Vec<&str> = output.split_whitespace().collect();
        let after = |word: &str| {
            let position = words.iter().position(|one| *one == word);
            position.map_or("", |position| words[position + 1])
        };
        Done {
            name: after("backup").to_owned(),
            instant: after("of")
                .trim_end_matches(':')
                .parse()
                .unwrap_or_default(),
            output,
        }
    }
}

/// An acknowledged order.
#[derive(Clone)]
struct Placed {
    id: String,
    buyer: Client,
    acknowledged: Timestamp,
}

/// The acknowledged orders, in the order of their acknowledgement.
struct AllPlaced(Vec<Placed>);

impl AllPlaced {
    fn all(&self) -> Expectations {
        self.before(Timestamp::MAX)
    }

    /// The orders that were acknowledged before this time exist, and others may.
    fn before(&self, instant: Timestamp) -> Expectations {
        let before = self.0.iter().filter(|order| order.acknowledged < instant);
        let ids: Vec<String> = before.map(|order| order.id.clone()).collect();
        assert!(ids.len() >= SOME, "orders were placed before {instant}");
        let unknown = self.0.len() - ids.len();
        Expectations {
            unknown,
            ..Expectations::new(ids)
        }
    }
}

/// Buyers who place one order after the other, and an admin who adds vases, of which there are too few.
struct Buyers {
    tasks: JoinSet<()>,
    end: Arc<AtomicBool>,
    placed: Arc<Mutex<Vec<Placed>>>,
}

impl Buyers {
    async fn start(shop: &Shop) -> Self {
        let mut buyers = Self {
            tasks: JoinSet::new(),
            end: Arc::default(),
            placed: Arc::default(),
        };
        for number in 0..BUYERS {
            let buyer = shop.with_signed_token(&format!("buyer{number}@test.example"), "user");
            let (end, placed) = (Arc::clone(&buyers.end), Arc::clone(&buyers.placed));
            buyers.tasks.spawn(keep_ordering(buyer, end, placed));
        }
        let (admin, end) = (shop.admin().await, Arc::clone(&buyers.end));
        buyers.tasks.spawn(async move {
            while !end.load(Ordering::Relaxed) {
                let more = json!({ "add_quantity": 1 });
                admin
                    .patch("/api/products?name=vase", &more)
                    .await
                    .expect(200);
            }
        });
        buyers
    }

    /// Waits until some more orders are placed.
    async fn place_some(&self) {
        let enough = self.count() + SOME;
        eventually("some orders are placed", async || match self.count() {
            placed if placed >= enough => Ok(()),
            placed => Err(format!("{placed} of {enough}")),
        })
        .await;
    }

    fn count(&self) -> usize {
        lock(&self.placed).len()
    }

    async fn stop(mut self) -> AllPlaced {
        self.end.store(true, Ordering::Relaxed);
        while let Some(task) = self.tasks.join_next().await {
            task.expect("the buyer does not panic");
        }
        AllPlaced(lock(&self.placed).clone())
    }
}

async fn keep_ordering(buyer: Client, end: Arc<AtomicBool>, placed: Arc<Mutex<Vec<Placed>>>) {
    while !end.load(Ordering::Relaxed) {
        for name in ["bread", "vase"] {
            let response = buyer.post("/api/orders", &order(&[(name, 1)])).await;
            // There may be no vases at the moment.
            assert!(matches!(response.status, 201 | 404), "{response}");
            if response.status == 201 {
                let order = Placed {
                    id: response.string("id"),
                    buyer: buyer.clone(),
                    acknowledged: SystemClock.now(),
                };
                lock(&placed).push(order);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
