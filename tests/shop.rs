//! Everything but the load: see README.md.

mod access;
mod contract;
mod crash;
mod hostile;
mod judged;
mod saga;
mod settings;
mod settings_document;
mod unavailable;
