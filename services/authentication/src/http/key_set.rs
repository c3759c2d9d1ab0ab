//! The key set (JWKS).

use axum::Json;
use axum::extract::State;
use identity::Issuer;
use serde_json::Value;

/// Returns the public keys that verify access tokens (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "authentication",
    responses((status = 200, description = "A JSON Web Key Set", body = Value))
)]
pub(super) async fn key_set(State(issuer): State<Issuer>) -> Json<Value> {
    Json(issuer.jwks())
}
