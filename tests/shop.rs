//! All tests except the load tests: see README.md.

mod access;
mod backups;
mod broker_access;
mod contract;
mod crash;
mod encryption;
mod hostile;
mod invariant_checker;
mod saga;
mod settings;
mod settings_document;
mod unavailable;
