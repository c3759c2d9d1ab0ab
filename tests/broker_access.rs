//! What each user of the broker may do. That the services may do what they need, all other tests show.

use testkit::{Shop, TOPICS};

#[tokio::test]
async fn given_the_user_who_only_looks_when_it_tries_then_it_can_read_and_change_nothing() {
    let shop = Shop::start().await;
    let browser = shop.broker_user("browser");
    for name in TOPICS {
        let topic = shop.topic(name);
        assert!(browser.can_read(&topic), "{name}");
        assert!(!browser.can_write(&topic).await, "{name}");
        assert!(!browser.can_delete(&topic).await, "{name}");
    }
    let (group, topic) = (shop.group("products"), shop.topic("orders"));
    assert!(!browser.can_commit(&group, &topic));
    assert!(!browser.can_create(&shop.topic("new")).await);
}

#[tokio::test]
async fn given_a_service_when_it_tries_then_it_can_read_and_write_only_its_own_topics() {
    let shop = Shop::start().await;
    for (service, reads, writes) in [
        (
            "products",
            &["orders"][..],
            &["products", "order-status", "product-states", "dead-letters"][..],
        ),
        (
            "orders",
            &["products", "order-status", "product-states"],
            &["orders", "dead-letters"],
        ),
    ] {
        let user = shop.broker_user(service);
        for name in TOPICS {
            let topic = shop.topic(name);
            assert_eq!(
                user.can_read(&topic),
                reads.contains(&name),
                "{service} reads {name}"
            );
            assert_eq!(
                user.can_write(&topic).await,
                writes.contains(&name),
                "{service} writes {name}"
            );
            assert!(!user.can_delete(&topic).await, "{service} deletes {name}");
        }
    }
}
