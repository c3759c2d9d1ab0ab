//! Backups of a busy shop, and their restore. Kafka is emptied with each restore, as operators do.

mod bucket;
mod buyers;
mod program;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bson::{Bson, Decimal128, Document, doc};
use futures::TryStreamExt as _;
use jiff::Timestamp;
use mongodb::Collection;
use serde_json::json;
use testkit::{ReplicaSet, Shop, eventually};

use self::bucket::Bucket;
use self::buyers::{AllPlaced, Buyers, SOME};
use self::program::{Backups, Done};

const SERVICES: [&str; 3] = ["authentication", "products", "orders"];
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
    let (_members, backups, kinds) = collection_with_backups().await;
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
    let (_members, backups, kinds) = collection_with_backups().await;
    let backups = backups.in_bucket(&address);
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
    let restored = documents(&kinds).await;
    assert!(restored == some, "the same documents");
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_bucket_when_a_backup_is_refused_or_forged_then_there_is_none_to_restore() {
    let (bucket, address) = Bucket::start().await;
    let (_members, backups, _) = collection_with_backups().await;
    let backups = backups.in_bucket(&address);
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
    let (_members, backups, kinds) = collection_with_backups().await;
    let database = kinds.client().database("orders");
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

    assert_eq!(documents(&kinds).await, before);
    assert_eq!(kinds.list_index_names().await.expect("lists"), indexes);
    let names = database.list_collection_names().await.expect("lists");
    assert!(!names.contains(&"later".to_owned()), "{names:?}");
}

/// A replica set with a collection in the database of orders, and backups of it.
async fn collection_with_backups() -> (ReplicaSet, Backups, Collection<Document>) {
    let members = ReplicaSet::start().await;
    let backups = Backups::new(&members.uri(), str::to_owned);
    let database = members.primary_client().await.database("orders");
    (members, backups, database.collection("kinds"))
}

async fn documents(collection: &Collection<Document>) -> Vec<Document> {
    let found = collection.find(doc! {}).sort(doc! { "_id": 1 });
    let found = found.await.expect("finds");
    found.try_collect().await.expect("reads")
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
async fn change_all(kinds: &Collection<Document>, round: i32) {
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
