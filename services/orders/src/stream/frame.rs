//! The messages of the event stream: server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use bytes::Bytes;
use domain::{OrderId, rfc3339};
use serde::Serialize;

use super::changes::StatusChange;
use super::event_id::EventId;
use crate::order::{Outcome, Rejection};

#[derive(Serialize)]
struct Data<'a> {
    id: OrderId,
    status: &'a str,
    reason: Option<&'a Rejection>,
    at: String,
}

/// The message of a change. A client that has received it has received all that `id` says.
pub(super) fn change(change: &StatusChange, id: EventId) -> Bytes {
    let (status, reason) = match &change.outcome {
        Outcome::Accepted => ("ACCEPTED", None),
        Outcome::Rejected(rejection) => ("REJECTED", rejection.as_ref()),
        Outcome::Other { status, reason } => (status.as_str(), reason.as_ref()),
    };
    let data = Data {
        id: change.id,
        status,
        reason,
        at: rfc3339(change.at),
    };
    // A struct of strings always serialises; JSON has no line breaks outside its strings, and
    // escapes those inside.
    let data = serde_json::to_string(&data).unwrap_or_default();
    format!("id: {id}\nevent: order\ndata: {data}\n\n").into()
}

/// The first message of a new client. It makes the server send the response head, and gives the
/// client a position to resume from.
pub(super) fn greeting(id: EventId) -> Bytes {
    format!(": follows your orders\nid: {id}\n\n").into()
}

/// The first message of a client that resumes.
pub(super) fn resumed() -> Bytes {
    Bytes::from_static(b": follows your orders again\n\n")
}

/// Makes a client read the list again, because changes may be missing.
pub(super) fn reset(id: EventId) -> Bytes {
    format!("id: {id}\nevent: reset\ndata: {{}}\n\n").into()
}

/// Keeps proxies and clients from closing an idle connection. With an id, a client that loses its
/// connection later resumes from here.
pub(super) fn heartbeat(id: Option<EventId>) -> Bytes {
    match id {
        Some(id) => format!(": still here\nid: {id}\n\n").into(),
        None => Bytes::from_static(b": still here\n\n"),
    }
}

#[cfg(test)]
mod tests {
    use domain::ProductName;
    use events::ReasonCode;
    use jiff::Timestamp;

    use super::*;
    use crate::stream::cluster_time::ClusterTime;

    const ID: EventId = EventId::complete(ClusterTime::new(0, 1));

    fn rejected(name: &str) -> StatusChange {
        StatusChange {
            id: OrderId::from_bytes([0x71; 12]),
            outcome: Outcome::Rejected(Some(Rejection {
                code: ReasonCode::InsufficientStock,
                products: vec![ProductName::parse(name).expect("a name")],
                more: 0,
            })),
            at: Timestamp::from_millisecond(1_735_689_600_123).expect("a time"),
        }
    }

    #[test]
    fn given_a_change_when_framed_then_it_is_one_message_without_the_buyer() {
        let frame = change(&rejected("chair"), ID);
        assert_eq!(
            std::str::from_utf8(&frame).expect("text"),
            "id: AQAAAAAAAAAB\nevent: order\ndata: {\"id\":\"717171717171717171717171\",\"status\":\"REJECTED\",\
             \"reason\":{\"code\":\"insufficient_stock\",\"products\":[\"chair\"]},\"at\":\"2025-01-01T00:00:00.123Z\"}\n\n"
        );
    }

    #[test]
    fn given_an_accepted_order_when_framed_then_its_reason_is_null() {
        let accepted = StatusChange {
            outcome: Outcome::Accepted,
            ..rejected("chair")
        };
        assert!(
            std::str::from_utf8(&change(&accepted, ID))
                .expect("text")
                .contains("\"status\":\"ACCEPTED\",\"reason\":null,")
        );
    }

    #[test]
    fn given_a_status_of_a_later_release_when_framed_then_it_is_passed_on() {
        let cancelled = StatusChange {
            outcome: Outcome::Other {
                status: "CANCELLED".to_owned(),
                reason: None,
            },
            ..rejected("chair")
        };
        let frame = change(&cancelled, ID);
        let frame = std::str::from_utf8(&frame).expect("text");
        assert!(
            frame.contains("\"status\":\"CANCELLED\",\"reason\":null,"),
            "{frame}"
        );
    }
}
