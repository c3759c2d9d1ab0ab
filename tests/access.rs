//! The access rules of all operations. The table below and the OpenAPI documents must contain the
//! same operations.

use serde_json::{Value, json};
use testkit::{BACKENDS, Claims, Client, Shop, sign_with_unknown_key};

/// The callers that an operation permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Anyone,
    LoggedIn,
    /// The owner of the order. For others it does not exist.
    Owner,
    Admin,
    /// Anyone who reaches the service directly. Through the gateway it does not exist.
    Internal,
}

impl Access {
    fn requires_token(self) -> bool {
        matches!(self, Self::LoggedIn | Self::Owner | Self::Admin)
    }
}

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
    ("get", "/.well-known/jwks.json", Access::Internal),
];

#[tokio::test]
async fn given_the_openapi_documents_when_compared_with_the_access_table_then_the_operations_agree()
{
    let shop = Shop::start().await;
    let mut documented_operations = Vec::new();
    for service in BACKENDS {
        documented_operations
            .extend(documented(&shop.direct(service), "/api-docs/openapi.json").await);
    }
    documented_operations.sort();
    let mut table: Vec<_> = TABLE
        .into_iter()
        .map(|(method, path, access)| (method.to_owned(), path.to_owned(), access.requires_token()))
        .collect();
    table.sort();
    assert_eq!(
        documented_operations, table,
        "the documents of the services differ from the table"
    );

    let mut merged = documented(&shop.anonymous(), "/api/openapi.json").await;
    merged.sort();
    table.retain(|(_, path, _)| path.starts_with("/api/"));
    assert_eq!(
        merged, table,
        "the document of the gateway differs from the table"
    );
}

#[tokio::test]
async fn given_every_operation_when_called_by_every_role_then_only_permitted_roles_have_access() {
    let shop = Shop::start().await;
    check_all(&shop, true, |_| shop.url("gateway")).await;
}

#[tokio::test]
async fn given_every_operation_when_called_directly_then_the_same_roles_have_access() {
    let shop = Shop::start().await;
    check_all(&shop, false, |path| {
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
async fn given_chaos_endpoints_when_called_directly_then_only_admins_have_access() {
    let shop = Shop::builder()
        .env_all("CHAOS_ENDPOINTS", "true")
        .start()
        .await;
    let user = shop.user().await;
    let admin = Claims::new("admin@admin.com", "admin");
    let forged = sign_with_unknown_key(Some(&shop.key_id()), &admin);
    for service in BACKENDS {
        let (path, anonymous) = (format!("/api/{service}_error"), shop.direct(service));
        anonymous.get(&path).await.expect_problem(401);
        anonymous
            .with_token(&forged)
            .get(&path)
            .await
            .expect_problem(401);
        user.at(&shop.url(service))
            .get(&path)
            .await
            .expect_problem(403);
        assert!(!shop.has_exited(service), "{service} has exited");
        anonymous.get("/health/live").await.expect(200);
    }
}

/// Calls each operation as every kind of caller, at the base URL that `base` returns for its path.
async fn check_all(shop: &Shop, through_gateway: bool, base: impl Fn(&str) -> String) {
    let (owner, admin) = (shop.user().await, shop.admin().await);
    let other = shop.login("bbb@bbb.com").await;
    let bad_token = shop.anonymous().with_token("x");
    let order = shop.place_order(&owner, "cutlery", 1).await;
    for (method, path, access) in TABLE {
        let status = async |caller: &Client| {
            let path = path.replace("{id}", &order);
            call(&caller.at(&base(&path)), method, &path).await
        };
        // Headers that name a caller are ignored.
        let impostor = shop
            .anonymous()
            .with_header("x-user-email", "admin@admin.com")
            .with_header("x-user-role", "admin");
        let anonymous = status(&impostor).await;
        let (owner, other) = (status(&owner).await, status(&other).await);
        let (admin, bad_token) = (status(&admin).await, status(&bad_token).await);
        let statuses = format!(
            "{method} {path}: anonymous {anonymous}, owner {owner}, other user {other}, \
             admin {admin}, bad token {bad_token}"
        );
        let permitted = |status: u16| !matches!(status, 401 | 403 | 404 | 405) && status < 500;
        let all_permitted = permitted(owner) && permitted(other) && permitted(admin);
        let is_correct = match access {
            Access::Internal if through_gateway => {
                [anonymous, owner, other, admin, bad_token] == [404; 5]
            }
            Access::Anyone | Access::Internal => permitted(anonymous) && all_permitted,
            Access::LoggedIn => anonymous == 401 && all_permitted,
            Access::Owner => anonymous == 401 && permitted(owner) && other == 404 && admin == 404,
            Access::Admin => anonymous == 401 && owner == 403 && other == 403 && permitted(admin),
        };
        assert!(is_correct, "{statuses}");
        let ignores_tokens = access == Access::Internal
            || matches!(
                path,
                "/api/register" | "/api/login" | "/api/refresh" | "/api/logout"
            );
        assert_eq!(bad_token == 401, !ignores_tokens, "{statuses}");
    }
}

/// Calls an operation with an empty object, which has no effect, and returns the status.
async fn call(caller: &Client, method: &str, path: &str) -> u16 {
    if path.ends_with("/events") && caller.token().is_some_and(|token| token != "x") {
        drop(caller.stream(path, None).await);
        return 200;
    }
    let response = match method {
        "get" => caller.get(path).await,
        "post" => caller.post(path, &json!({})).await,
        "patch" => {
            caller
                .patch(&format!("{path}?name=chair"), &json!({}))
                .await
        }
        _ => unreachable!("no operation has the method {method}"),
    };
    let detail = match (response.status, caller.token()) {
        (401, Some(_)) => "Incorrect token",
        (401 | 403, _) => "You have no access to this resource!",
        _ => return response.status,
    };
    response.expect_detail(response.status, detail);
    response.status
}

/// The operations of an OpenAPI document: method, path, and whether a token is required.
async fn documented(client: &Client, path: &str) -> Vec<(String, String, bool)> {
    let document = client.get(path).await.expect(200).json();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if !matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                continue;
            }
            let security = operation
                .get("security")
                .or_else(|| document.get("security"));
            // An empty object among the alternatives makes the token optional.
            let is_required = |alternative: &Value| {
                let schemes = alternative.as_object();
                schemes.is_some_and(|schemes| !schemes.is_empty())
            };
            let required = security
                .and_then(Value::as_array)
                .is_some_and(|alternatives| {
                    !alternatives.is_empty() && alternatives.iter().all(is_required)
                });
            operations.push((method.clone(), path.clone(), required));
        }
    }
    operations
}
