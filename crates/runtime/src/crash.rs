//! Crash points: named places in the code at which a test makes the process abort.
//!
//! `CRASH_AT=point` aborts at the first pass, `CRASH_AT=point:3` at the third. Only builds with
//! debug assertions contain crash points.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

struct PlannedCrash {
    point: String,
    passes_left: AtomicU32,
}

static PLANNED: OnceLock<Option<PlannedCrash>> = OnceLock::new();

/// Aborts the process, as `kill -9` would, if `CRASH_AT` names this `point`.
pub fn crash_point(point: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(planned) =
        PLANNED.get_or_init(|| std::env::var("CRASH_AT").ok().map(|text| parse(&text)))
    else {
        return;
    };
    if planned.point == point && planned.passes_left.fetch_sub(1, Ordering::SeqCst) == 1 {
        tracing::error!("aborting at CRASH_AT={point}");
        std::process::abort();
    }
}

fn parse(text: &str) -> PlannedCrash {
    let (point, passes) = text.split_once(':').unwrap_or((text, "1"));
    PlannedCrash {
        point: point.to_owned(),
        passes_left: AtomicU32::new(passes.parse().unwrap_or(1)),
    }
}
