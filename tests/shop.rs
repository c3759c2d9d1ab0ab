//! Everything but the load: see README.md.

mod access;
mod contract;
mod crash;
mod hostile;
mod saga;
mod settings;
mod unavailable;
