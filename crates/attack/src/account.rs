//! The one real account that forged tokens are made from.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::exchange::{PATIENCE, exchange, request};
use crate::target::{Kind, Target};

/// What somebody has who registered and logged in.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// The public keys of the shop, where they can be had.
    pub(crate) public_keys: Option<Value>,
}

impl Account {
    /// Registers at the first of these that takes accounts; none if no one does.
    pub(crate) fn open(targets: &[Target]) -> Result<Option<Self>> {
        let takes_accounts = |target: &&Target| {
            matches!(
                target.kind,
                Kind::Edge | Kind::Gateway | Kind::Authentication
            )
        };
        let Some(target) = targets.iter().find(takes_accounts) else {
            return Ok(None);
        };
        let email = format!("attack-{:016x}@test.example", fastrand::u64(..));
        let account = json!({ "email": email, "password": format!("{:032x}", fastrand::u128(..)) });
        call(target, "POST", "/api/register", Some(&account)).context("could not register")?;
        let tokens =
            call(target, "POST", "/api/login", Some(&account)).context("could not log in")?;
        let text = |name: &str| {
            let token = tokens[name].as_str().map(str::to_owned);
            token.with_context(|| format!("the log-in brought no {name}"))
        };
        let authentication = targets
            .iter()
            .find(|target| target.kind == Kind::Authentication);
        let public_keys = authentication
            .map(|target| call(target, "GET", "/.well-known/jwks.json", None))
            .transpose()?;
        Ok(Some(Self {
            access_token: text("access_token")?,
            refresh_token: text("refresh_token")?,
            public_keys,
        }))
    }
}

fn call(target: &Target, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let seen = exchange(
        target,
        &request(target, method, path, &[], body.as_bytes()),
        PATIENCE,
    );
    if !matches!(seen.statuses().as_slice(), [200 | 201]) {
        bail!(
            "{method} {path} at {}: {} {}",
            target.authority,
            seen.told(),
            seen.body()
        );
    }
    // An answer without a body, such as one of a registration, is nothing.
    Ok(serde_json::from_str(&seen.body()).unwrap_or_default())
}
