//! The options of a shop that `up` and `dev` accept.

use crate::{
    layout::{MAX_PORT_OFFSET, Replicas},
    state::StateArgument,
};

/// The options of a shop.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct ShopOptions {
    #[command(flatten)]
    pub(crate) state: StateArgument,
    /// Move every port by N, so that several shops can run side by side.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = port_offset())]
    pub(crate) port_offset: u16,
    /// Run several processes of a service, for example products=3.
    #[arg(long, value_name = "SERVICE=COUNT")]
    pub(crate) replicas: Vec<Replicas>,
    /// Load the development data into empty databases; this is the default.
    #[arg(long, overrides_with = "no_seed")]
    pub(crate) seed: bool,
    /// Start with empty databases.
    #[arg(long)]
    pub(crate) no_seed: bool,
    /// Limit each client address to 50 requests per second at the gateway.
    #[arg(long)]
    pub(crate) limits: bool,
}

impl ShopOptions {
    /// Whether to load the development data; `None` when neither option was given.
    pub(crate) fn seed(&self) -> Option<bool> {
        (self.seed || self.no_seed).then_some(self.seed)
    }
}

fn port_offset() -> impl clap::builder::TypedValueParser<Value = u16> {
    clap::value_parser!(u16).range(..=i64::from(MAX_PORT_OFFSET))
}
