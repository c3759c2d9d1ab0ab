//! Who may call what, made from the OpenAPI documents: an operation that is not in the table below
//! fails the test, and so does one that is in no document.

use serde_json::{Value, json};
use testkit::{Claims, Client, Shop, sign_with_another_key};

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Anyone,
    LoggedIn,
    /// Logged in, and only about what is theirs; for others it does not exist.
    Owner,
    Admin,
    /// Anyone who reaches the service itself; through the gateway it does not exist.
    Inside,
}

const SERVICES: [&str; 3] = ["authentication", "products", "orders"];

const TABLE: [(&str, &str, Access); 18] = [
    ("post", "/api/register", Access::Anyone),
    ("post", "/api/login", Access::Anyone),
    ("post", "/api/refresh", Access::Anyone),
    ("post", "/api/logout", Access::Anyone),
    ("get", "/api/me", Access::LoggedIn),
    ("get", "/api/products", Access::Anyone),
    ("post", "/api/products", Access::Admin),
    ("patch", "/api/products", Access::Admin),
    ("get", "/api/categories", Access::Anyone),
    ("post", "/api/categories", Access::Admin),
    ("get", "/api/orders", Access::LoggedIn),
    ("post", "/api/orders", Access::LoggedIn),
    ("get", "/api/orders/{id}", Access::Owner),
    ("get", "/api/orders/events", Access::LoggedIn),
    ("get", "/api/authentication_health", Access::Anyone),
    ("get", "/api/products_health", Access::Anyone),
    ("get", "/api/orders_health", Access::Anyone),
    ("get", "/.well-known/jwks.json", Access::Inside),
];

#[tokio::test]
async fn given_the_documents_when_compared_with_the_table_then_they_agree_about_what_there_is() {
    let shop = Shop::start().await;
    let mut of_services = Vec::new();
    for service in SERVICES {
        of_services.extend(documented(&shop.direct(service), "/api-docs/openapi.json").await);
    }
    of_services.sort();
    let mut table: Vec<_> = TABLE
        .into_iter()
        .map(|(method, path, access)| (method.to_owned(), path.to_owned(), access.needs_token()))
        .collect();
    table.sort();
    assert_eq!(of_services, table, "what the services say, and the table");

    let mut merged = documented(&shop.visitor(), "/api/openapi.json").await;
    merged.sort();
    table.retain(|(_, path, _)| path.starts_with("/api/"));
    assert_eq!(merged, table, "what the gateway says, and the table");
}

#[tokio::test]
async fn given_every_operation_when_called_by_everybody_then_only_those_who_may_get_in() {
    let shop = Shop::start().await;
    try_all(&shop, true, |_| shop.url("gateway")).await;
}

#[tokio::test]
async fn given_every_operation_when_called_around_the_gateway_then_the_same_may_get_in() {
    let shop = Shop::start().await;
    try_all(&shop, false, |path| {
        let services = ["products", "orders"];
        let is_of = |service: &&str| {
            path.contains(service) || (*service == "products" && path.contains("categories"))
        };
        let service = services.into_iter().find(is_of);
        shop.url(service.unwrap_or("authentication"))
    })
    .await;
}

#[tokio::test]
async fn given_calls_that_end_a_process_when_made_around_the_gateway_then_only_admins_may() {
    let mut builder = Shop::builder();
    for service in SERVICES {
        builder = builder.env(service, "CHAOS_ENDPOINTS", "true");
    }
    let shop = builder.start().await;
    let user = shop.user().await;
    let admin = Claims::of("admin@admin.com", "admin");
    let forged = sign_with_another_key(Some(&shop.key_id()), &admin);
    for service in SERVICES {
        let (path, visitor) = (format!("/api/{service}_error"), shop.direct(service));
        visitor.get(&path).await.problem(401);
        visitor.with_token(&forged).get(&path).await.problem(401);
        user.at(&shop.url(service)).get(&path).await.problem(403);
        assert!(!shop.has_ended(service), "{service} has ended");
        let _ = visitor.get("/health/live").await.expect(200);
    }
}

/// Calls each operation as everybody, at the address that `base` gives for its path.
async fn try_all(shop: &Shop, through_gateway: bool, base: impl Fn(&str) -> String) {
    let (owner, admin) = (shop.user().await, shop.admin().await);
    let another = shop.login("bbb@bbb.com").await;
    let order = shop.place(&owner, "cutlery", 1).await;
    let stranger = shop.visitor().with_token("x");
    for (method, path, access) in TABLE {
        let status = async |caller: &Client| {
            let path = path.replace("{id}", &order);
            call(&caller.at(&base(&path)), method, &path).await
        };
        let visitor = status(&shop.visitor()).await;
        let (owner, another) = (status(&owner).await, status(&another).await);
        let (admin, stranger) = (status(&admin).await, status(&stranger).await);
        let what = format!(
            "{method} {path}: visitor {visitor}, owner {owner}, another user {another}, \
             admin {admin}, bad token {stranger}"
        );
        let inside = |status: u16| !matches!(status, 401 | 403 | 404 | 405) && status < 500;
        let all_inside = inside(owner) && inside(another) && inside(admin);
        let right = match access {
            Access::Inside if through_gateway => {
                [visitor, owner, another, admin, stranger] == [404; 5]
            }
            Access::Anyone | Access::Inside => inside(visitor) && all_inside,
            Access::LoggedIn => visitor == 401 && all_inside,
            Access::Owner => visitor == 401 && inside(owner) && another == 404 && admin == 404,
            Access::Admin => visitor == 401 && owner == 403 && another == 403 && inside(admin),
        };
        assert!(right, "{what}");
        let ignores_tokens = access == Access::Inside
            || matches!(
                path,
                "/api/register" | "/api/login" | "/api/refresh" | "/api/logout"
            );
        assert_eq!(stranger == 401, !ignores_tokens, "{what}");
    }
}

/// Calls an operation with an empty object, which is never enough to do anything.
async fn call(caller: &Client, method: &str, path: &str) -> u16 {
    if path.ends_with("/events") && caller.token().is_some_and(|token| token != "x") {
        drop(caller.stream(path, None).await);
        return 200;
    }
    let path = if method == "patch" {
        format!("{path}?name=chair")
    } else {
        path.to_owned()
    };
    let body = (method != "get").then(|| json!({}));
    let method = method.to_uppercase().parse().expect("a method");
    caller.send(method, &path, body.as_ref()).await.status
}

impl Access {
    fn needs_token(self) -> bool {
        matches!(self, Self::LoggedIn | Self::Owner | Self::Admin)
    }
}

/// Method, path, and whether a token is needed, of every operation in a document.
async fn documented(client: &Client, path: &str) -> Vec<(String, String, bool)> {
    operations(&client.get(path).await.expect(200).json())
}

fn operations(document: &Value) -> Vec<(String, String, bool)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if !matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                continue;
            }
            let security = operation
                .get("security")
                .or_else(|| document.get("security"));
            // A list with an empty object in it says that a token is welcome and not needed.
            let needed = security.and_then(Value::as_array).is_some_and(|ways| {
                !ways.is_empty()
                    && ways
                        .iter()
                        .all(|way| way.as_object().is_some_and(|way| !way.is_empty()))
            });
            operations.push((method.clone(), path.clone(), needed));
        }
    }
    operations
}
