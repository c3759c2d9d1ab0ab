//! Crash points: named places in the code at which a test makes the process abort, or one task panic.
//!
//! `CRASH_AT=point` aborts at the first pass, `CRASH_AT=point:3` at the third. `PANIC_AT=point,point`
//! panics at the first pass of each point. Only builds with debug assertions contain crash points.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

struct PlannedCrash {
    point: String,
    passes_left: AtomicU32,
}

static PLANNED: OnceLock<Option<PlannedCrash>> = OnceLock::new();

/// The points at which a task will panic.
static PANICS: LazyLock<Mutex<Vec<String>>> = LazyLock::new(|| {
    let points = std::env::var("PANIC_AT").unwrap_or_default();
    Mutex::new(points.split(',').map(str::to_owned).collect())
});

/// Aborts the process, as `kill -9` would, if `CRASH_AT` names this `point`; panics if `PANIC_AT` does.
pub fn crash_point(point: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    if takes_panic(point) {
        std::panic::panic_any(format!("PANIC_AT={point}"));
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

/// Whether a panic is planned at `point`, for the first call.
fn takes_panic(point: &str) -> bool {
    let mut points = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    let planned = points.iter().position(|planned| planned == point);
    planned.map(|index| points.swap_remove(index)).is_some()
}

fn parse(text: &str) -> PlannedCrash {
    let (point, passes) = text.split_once(':').unwrap_or((text, "1"));
    PlannedCrash {
        point: point.to_owned(),
        passes_left: AtomicU32::new(passes.parse().unwrap_or(1)),
    }
}
