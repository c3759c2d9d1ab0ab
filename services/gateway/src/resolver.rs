//! Names with several addresses, as Compose and Kubernetes give a service with several replicas.
//!
//! The system sorts a name's addresses by how near they are, so the first one is the same every time,
//! and one replica would get every connection. Here each connection begins with another one; the
//! connector goes on to the next where nobody answers.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{io, vec};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

/// The system's resolver, whose addresses come in any order.
#[derive(Clone, Debug)]
pub(crate) struct Shuffled(GaiResolver);

impl Default for Shuffled {
    fn default() -> Self {
        Self(GaiResolver::new())
    }
}

impl Service<Name> for Shuffled {
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
    async fn given_a_name_when_resolved_then_its_addresses_are_those_of_the_system() {
        let name: Name = "localhost".parse().unwrap();
        let mut found: Vec<_> = Shuffled::default()
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
