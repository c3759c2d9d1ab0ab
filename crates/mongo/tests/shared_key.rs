//! A key that all replicas of a service share.

use futures::future::join_all;
use mongo::SharedKey;
use testkit::Servers;

#[tokio::test(flavor = "multi_thread")]
async fn given_replicas_when_all_need_the_key_first_then_they_have_the_same_one() {
    let servers = tokio::task::spawn_blocking(Servers::shared).await;
    let uri = servers.expect("the servers start").mongodb_uri;
    let client = mongodb::Client::with_uri_str(uri).await.expect("a client");
    let database = client.database("shared_key");
    let replicas = (0..8).map(|_| SharedKey::new(&database, "cursors"));
    let keys = join_all(replicas.map(async |key| key.get().await.expect("a key"))).await;
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    let other = SharedKey::new(&database, "others").get().await;
    assert_ne!(other.expect("a key"), keys[0]);
    database.drop().await.expect("drops");
}
