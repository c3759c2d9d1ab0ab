//! The real account from which forged tokens are derived.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::exchange::{TIMEOUT, exchange, request};
use crate::target::{Kind, Target};

/// The tokens of a logged-in user.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// The shop's key set, if authentication is a target.
    pub(crate) public_keys: Option<Value>,
}

impl Account {
    /// Registers and logs in at the first target with accounts. Returns `None` if there is no such
    /// target.
    pub(crate) fn register(targets: &[Target]) -> Result<Option<Self>> {
        let has_accounts = |target: &&Target| {
            matches!(
                target.kind,
                Kind::Edge | Kind::Gateway | Kind::Authentication
            )
        };
        let Some(target) = targets.iter().find(has_accounts) else {
            return Ok(None);
        };
        let email = format!("attack-{:016x}@test.example", fastrand::u64(..));
        let account = json!({ "email": email, "password": format!("{:032x}", fastrand::u128(..)) });
        call(target, "POST", "/api/register", Some(&account)).context("cannot register")?;
        let tokens = call(target, "POST", "/api/login", Some(&account)).context("cannot log in")?;
        let token = |name: &str| {
            let token = tokens[name].as_str().map(str::to_owned);
            token.with_context(|| format!("the login response has no {name}"))
        };
        let authentication = targets
            .iter()
            .find(|target| target.kind == Kind::Authentication);
        let public_keys = authentication
            .map(|target| call(target, "GET", "/.well-known/jwks.json", None))
            .transpose()?;
        Ok(Some(Self {
            access_token: token("access_token")?,
            refresh_token: token("refresh_token")?,
            public_keys,
        }))
    }
}

fn call(target: &Target, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = request(target, method, path, &[], body.as_bytes());
    let reply = exchange(target, &request, TIMEOUT);
    if !matches!(reply.statuses().as_slice(), [200 | 201]) {
        bail!(
            "{method} {path} at {}: {} {}",
            target.authority,
            reply.summary(),
            reply.body()
        );
    }
    // The response to a registration has no body.
    Ok(serde_json::from_str(&reply.body()).unwrap_or_default())
}
