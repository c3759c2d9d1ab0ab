//! The key set (JWKS).

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::App;

/// Returns the public keys that verify access tokens (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "authentication",
    responses((status = 200, description = "A JSON Web Key Set", body = Value, example = json!({ "keys": [] })))
)]
pub(super) async fn key_set(State(app): State<App>) -> Json<Value> {
    Json(app.sessions.issuer.jwks())
}
