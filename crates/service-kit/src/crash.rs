//! Named points at which a test lets the process really die.
//!
//! A build with debug assertions obeys `CRASH_AT=point` or `CRASH_AT=point:3` (at the third
//! passing). A release build has no such code.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

struct Plan {
    point: String,
    passings_left: AtomicU32,
}

static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

/// Ends the process at once, as `kill -9` would, if `CRASH_AT` names this `point`.
pub fn crash_point(point: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(plan) = PLAN.get_or_init(|| std::env::var("CRASH_AT").ok().map(|plan| parse(&plan)))
    else {
        return;
    };
    if plan.point == point && plan.passings_left.fetch_sub(1, Ordering::SeqCst) == 1 {
        tracing::error!("ends here, as CRASH_AT={point} asks");
        std::process::abort();
    }
}

fn parse(plan: &str) -> Plan {
    let (point, passings) = plan.split_once(':').unwrap_or((plan, "1"));
    Plan {
        point: point.to_owned(),
        passings_left: AtomicU32::new(passings.parse().unwrap_or(1)),
    }
}
