//! What can be called, by whom, and who answers. What is not in this table does not exist.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodFilter, on};
use http::Method;

use crate::access::Access::{self, Admin, Public, Session, User};
use crate::proxy::{Gateway, Route};
use Service::{Authentication, Orders, Products};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PATCH: Method = Method::PATCH;

/// The calls. `HEAD` follows `GET`.
#[rustfmt::skip]
const CALLS: &[Row] = &[
    row(POST,  "/api/register",              Session, Authentication).body(SMALL),
    row(POST,  "/api/login",                 Session, Authentication).body(SMALL),
    row(POST,  "/api/refresh",               Session, Authentication).body(SMALL),
    row(POST,  "/api/logout",                Session, Authentication).body(SMALL),
    row(GET,   "/api/me",                    User,    Authentication),

    row(GET,   "/api/products",              Public,  Products).shared(),
    row(POST,  "/api/products",              Admin,   Products),
    row(PATCH, "/api/products",              Admin,   Products),
    row(GET,   "/api/categories",            Public,  Products).shared(),
    row(POST,  "/api/categories",            Admin,   Products),

    row(GET,   "/api/orders",                User,    Orders),
    row(POST,  "/api/orders",                User,    Orders),
    row(GET,   "/api/orders/events",         User,    Orders),
    row(GET,   "/api/orders/{id}",           User,    Orders),

    row(GET,   "/api/authentication_health", Public,  Authentication),
    row(GET,   "/api/products_health",       Public,  Products),
    row(GET,   "/api/orders_health",         Public,  Orders),
];

/// The calls that end a process; there only with `CHAOS_ENDPOINTS=true`.
#[rustfmt::skip]
const CHAOS: &[Row] = &[
    row(GET,   "/api/authentication_error",  Admin,   Authentication),
    row(GET,   "/api/products_error",        Admin,   Products),
    row(GET,   "/api/orders_error",          Admin,   Orders),
];

/// The largest body where a row names no other, in bytes: an order of 100 lines fits.
const USUAL: usize = 64 * 1024;
/// For an e-mail address, a password or a token, in bytes.
const SMALL: usize = 16 * 1024;

/// One call.
#[derive(Debug)]
pub struct Row {
    /// Its method.
    pub method: Method,
    /// Its path, in axum's syntax.
    pub path: &'static str,
    /// Who may make it.
    pub access: Access,
    /// Who answers it.
    pub service: Service,
    /// The largest body it takes, in bytes.
    pub body_limit: usize,
    /// Whether one fetch may answer several readers without a token.
    pub is_shared: bool,
}

/// Who answers a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Accounts and tokens.
    Authentication,
    /// The catalogue and the stock.
    Products,
    /// Orders.
    Orders,
}

const fn row(method: Method, path: &'static str, access: Access, service: Service) -> Row {
    Row {
        method,
        path,
        access,
        service,
        body_limit: USUAL,
        is_shared: false,
    }
}

impl Row {
    /// Whether this is the call with that method, in any case, and that path.
    pub fn is(&self, method: &str, path: &str) -> bool {
        self.path == path && self.method.as_str().eq_ignore_ascii_case(method)
    }

    const fn body(mut self, limit: usize) -> Self {
        self.body_limit = limit;
        self
    }

    const fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }
}

/// The rows there are, with or without the ones that end a process.
pub fn rows(chaos: bool) -> impl Iterator<Item = &'static Row> {
    CALLS.iter().chain(CHAOS.iter().filter(move |_| chaos))
}

/// A router of the rows.
pub fn router(chaos: bool, gateway: &Arc<Gateway>) -> Router {
    rows(chaos).fold(Router::new(), |router, row| {
        let route = Arc::new(Route {
            row,
            upstream: gateway.upstream(row.service),
        });
        let gateway = Arc::clone(gateway);
        let handler = async move |request: Request| gateway.answer(&route, request).await;
        router.route(row.path, on(filter(&row.method), handler))
    })
}

fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::POST => MethodFilter::POST,
        Method::PATCH => MethodFilter::PATCH,
        // The only other method in the table.
        _ => MethodFilter::GET.or(MethodFilter::HEAD),
    }
}
