//! Tests of the HTTP API and the events of products, without the other services.

mod archiving;
mod audit;
mod categories;
mod decisions;
mod durability;
mod etags;
mod freshness;
mod pagination;
mod product_changes;
mod products;
mod republishing;
mod search;
mod support;
mod time_limits;
