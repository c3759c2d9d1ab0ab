//! The route table: which calls exist, who may make each call and which service answers it.
//! A call that is not in the table is answered 404.

use axum::routing::MethodFilter;
use http::Method;

use crate::access::Access::{self, Admin, Public, Session, User};
use Service::{Authentication, Orders, Products};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PATCH: Method = Method::PATCH;

#[rustfmt::skip]
const ROUTES: &[Route] = &[
    route(POST,  "/api/register",              Session, Authentication).body_limit(SMALL_BODY_LIMIT),
    route(POST,  "/api/login",                 Session, Authentication).body_limit(SMALL_BODY_LIMIT),
    route(POST,  "/api/refresh",               Session, Authentication).body_limit(SMALL_BODY_LIMIT),
    route(POST,  "/api/logout",                Session, Authentication).body_limit(SMALL_BODY_LIMIT),
    route(GET,   "/api/me",                    User,    Authentication),

    route(GET,   "/api/products",              Public,  Products).shared(),
    route(POST,  "/api/products",              Admin,   Products),
    route(PATCH, "/api/products",              Admin,   Products),
    route(GET,   "/api/categories",            Public,  Products).shared(),
    route(POST,  "/api/categories",            Admin,   Products),

    route(GET,   "/api/orders",                User,    Orders),
    route(POST,  "/api/orders",                User,    Orders),
    route(GET,   "/api/orders/events",         User,    Orders),
    route(GET,   "/api/orders/{id}",           User,    Orders),

    route(GET,   "/api/authentication_health", Public,  Authentication),
    route(GET,   "/api/products_health",       Public,  Products),
    route(GET,   "/api/orders_health",         Public,  Orders),
];

/// Fault injection: calls that end a service's process.
#[rustfmt::skip]
const CHAOS_ROUTES: &[Route] = &[
    route(GET,   "/api/authentication_error",  Admin,   Authentication),
    route(GET,   "/api/products_error",        Admin,   Products),
    route(GET,   "/api/orders_error",          Admin,   Orders),
];

/// An order of 100 lines fits.
const DEFAULT_BODY_LIMIT: usize = 64 * 1024;
/// An e-mail address and a password, or a token, fit.
const SMALL_BODY_LIMIT: usize = 16 * 1024;

/// A call and how the gateway handles it.
#[derive(Debug)]
pub(crate) struct Route {
    /// HTTP method; a `GET` route also answers `HEAD`.
    pub(crate) method: Method,
    /// Path, in axum's syntax.
    pub(crate) path: &'static str,
    /// Who may make the call.
    pub(crate) access: Access,
    /// The service that answers it.
    pub(crate) service: Service,
    /// Maximum size of the request body, in bytes.
    pub(crate) body_limit: usize,
    /// Whether one fetch may answer several readers without a token.
    pub(crate) is_shared: bool,
}

/// A service behind the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Accounts and tokens.
    Authentication,
    /// The catalogue and the stock.
    Products,
    Orders,
}

const fn route(method: Method, path: &'static str, access: Access, service: Service) -> Route {
    Route {
        method,
        path,
        access,
        service,
        body_limit: DEFAULT_BODY_LIMIT,
        is_shared: false,
    }
}

impl Route {
    /// Whether this is the route of `method`, in any case, and `path`.
    pub(crate) fn matches(&self, method: &str, path: &str) -> bool {
        self.path == path && self.method.as_str().eq_ignore_ascii_case(method)
    }

    pub(crate) fn method_filter(&self) -> MethodFilter {
        MethodFilter::try_from(self.method.clone()).expect("the table has only standard methods")
    }

    const fn body_limit(mut self, limit: usize) -> Self {
        self.body_limit = limit;
        self
    }

    const fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }
}

/// Returns all routes; with `chaos` also those that end a process.
pub(crate) fn table(chaos: bool) -> Vec<&'static Route> {
    let chaos_routes = CHAOS_ROUTES.iter().filter(|_| chaos);
    ROUTES.iter().chain(chaos_routes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_route_when_its_method_filter_is_built_then_it_is_the_filter_of_that_method() {
        for (method, expected) in [
            (GET, MethodFilter::GET),
            (POST, MethodFilter::POST),
            (PATCH, MethodFilter::PATCH),
            (Method::PUT, MethodFilter::PUT),
            (Method::DELETE, MethodFilter::DELETE),
        ] {
            let route = route(method, "/api/products", Admin, Products);
            assert_eq!(route.method_filter(), expected, "{}", route.method);
        }
    }
}
