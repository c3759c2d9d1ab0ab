//! DNS resolution for names with several addresses, as Compose and Kubernetes give a service with
//! several replicas.
//!
//! The system resolver sorts addresses by distance, so the first one is always the same and one
//! replica would get every connection. A random order spreads the connections; the connector tries
//! the next address if one is unreachable.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{io, vec};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

/// The system resolver with its addresses in random order.
#[derive(Clone, Debug)]
pub(crate) struct ShufflingResolver(GaiResolver);

impl Default for ShufflingResolver {
    fn default() -> Self {
        Self(GaiResolver::new())
    }
}

impl Service<Name> for ShufflingResolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let addresses = self.0.call(name);
        Box::pin(async move {
            let mut addresses: Vec<_> = addresses.await?.collect();
            fastrand::shuffle(&mut addresses);
            Ok(addresses.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn given_a_name_when_resolved_then_its_addresses_are_those_of_the_system_resolver() {
        let name: Name = "localhost".parse().unwrap();
        let mut found: Vec<_> = ShufflingResolver::default()
            .call(name.clone())
            .await
            .unwrap()
            .collect();
        let mut expected: Vec<_> = GaiResolver::new().call(name).await.unwrap().collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}
