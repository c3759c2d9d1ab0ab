#![doc = include_str!("../README.md")]

/// The variable `FLEETMARKET_VERSION` of the build, such as `1.4.0`, or `1.4.0-3-g5d1f0e2` three commits
/// later. Without it, the workspace's version.
pub const VERSION: &str = match option_env!("FLEETMARKET_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};
