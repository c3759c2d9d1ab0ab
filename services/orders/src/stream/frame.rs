//! What goes over the wire: server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use bytes::Bytes;
use domain::Email;
use domain::OrderId;
use events::{OrderStatus, Reason};
use jiff::Timestamp;
use serde::Serialize;

use super::Position;

/// An order was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// Where in history.
    pub position: Position,
    /// Which order.
    pub id: OrderId,
    /// Whose it is.
    pub buyer: Email,
    /// How it ended.
    pub status: OrderStatus,
    /// Why, if it was rejected.
    pub reason: Option<Reason>,
    /// When it was decided.
    pub at: Timestamp,
}

#[derive(Serialize)]
struct Data<'a> {
    id: OrderId,
    status: OrderStatus,
    reason: Option<&'a Reason>,
    at: Timestamp,
}

/// The message of a change.
pub(super) fn change(change: &StatusChange) -> Bytes {
    let data = Data {
        id: change.id,
        status: change.status,
        reason: change.reason.as_ref(),
        at: change.at,
    };
    // A struct of strings always serialises; JSON has no line breaks outside its strings, and
    // escapes those inside.
    let data = serde_json::to_string(&data).unwrap_or_default();
    format!("id: {}\nevent: order\ndata: {data}\n\n", change.position).into()
}

/// A comment that lets the answer's head go out, with the place that a client which hears
/// nothing before it is cut off can come back to.
pub(super) fn greeting(position: &Position) -> Bytes {
    format!(": follows your orders\nid: {position}\n\n").into()
}

/// The same for a client that has a place already.
pub(super) fn welcome_back() -> Bytes {
    Bytes::from_static(b": follows your orders again\n\n")
}

/// Tells a client that something may be missing: it has to list again.
pub(super) fn reset(position: &Position) -> Bytes {
    format!("id: {position}\nevent: reset\ndata: {{}}\n\n").into()
}

/// Keeps the connection from looking dead.
pub(super) fn heartbeat() -> Bytes {
    Bytes::from_static(b": still here\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ProductName;
    use events::ReasonCode;

    fn rejected(name: &str) -> StatusChange {
        StatusChange {
            position: Position::from_token_data("8269").expect("hex"),
            id: OrderId::from_bytes([0x71; 12]),
            buyer: Email::parse("aaa@aaa.com").expect("an address"),
            status: OrderStatus::Rejected,
            reason: Some(Reason {
                code: ReasonCode::InsufficientStock,
                products: vec![ProductName::parse(name).expect("a name")],
            }),
            at: Timestamp::from_millisecond(1_735_689_600_123).expect("a time"),
        }
    }

    #[test]
    fn given_a_change_when_framed_then_it_is_one_message_without_the_buyer() {
        let frame = change(&rejected("chair"));
        assert_eq!(
            std::str::from_utf8(&frame).expect("text"),
            "id: gmk\nevent: order\ndata: {\"id\":\"717171717171717171717171\",\"status\":\"REJECTED\",\
             \"reason\":{\"code\":\"insufficient_stock\",\"products\":[\"chair\"]},\"at\":\"2025-01-01T00:00:00.123Z\"}\n\n"
        );
    }

    #[test]
    fn given_an_accepted_order_when_framed_then_its_reason_is_null() {
        let accepted = StatusChange {
            status: OrderStatus::Accepted,
            reason: None,
            ..rejected("chair")
        };
        assert!(
            std::str::from_utf8(&change(&accepted))
                .expect("text")
                .contains("\"status\":\"ACCEPTED\",\"reason\":null,")
        );
    }
}
