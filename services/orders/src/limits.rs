//! The limits of an account: how much may be pending, and how many orders it may place in an hour.

use jiff::{SignedDuration, Timestamp};

use crate::order::Line;

/// The time in which orders are counted.
pub(crate) const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// When a client may repeat an order that is refused because of pending ones: most are decided by then.
const PENDING_RETRY_AFTER: u32 = 5;

/// The limits; `None` where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AccountLimits {
    /// Items in pending orders.
    pub(crate) pending_items: Option<u64>,
    /// Orders in [`WINDOW`].
    pub(crate) orders: Option<u64>,
}

/// What an account has ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountUsage {
    /// Items in its pending orders.
    pub(crate) pending_items: u64,
    /// Its orders in the [`WINDOW`].
    pub(crate) orders: u64,
    /// When the first of these was placed.
    pub(crate) first_order_at: Option<Timestamp>,
}

/// An order exceeds a limit of its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LimitError {
    #[error("an account may have {limit} items in pending orders")]
    PendingItems { limit: u64, retry_after: u32 },
    /// The order alone exceeds the limit, so that no retry can succeed.
    #[error("an order may have {limit} items")]
    Items { limit: u64 },
    #[error("an account may place {limit} orders in an hour")]
    Orders { limit: u64, retry_after: u32 },
}

impl AccountLimits {
    pub(crate) fn are_off(self) -> bool {
        self.pending_items.is_none() && self.orders.is_none()
    }

    /// Adds an order to the usage of its account, unless it exceeds a limit.
    pub(crate) fn add(
        self,
        usage: &mut AccountUsage,
        lines: &[Line],
        now: Timestamp,
    ) -> Result<(), LimitError> {
        let items: u64 = lines
            .iter()
            .map(|line| u64::from(line.quantity.get()))
            .sum();
        let pending_items = usage.pending_items.saturating_add(items);
        if let Some(limit) = self.orders.filter(|limit| usage.orders >= *limit) {
            let retry_after = seconds_until_free(usage.first_order_at, now);
            return Err(LimitError::Orders { limit, retry_after });
        }
        if let Some(limit) = self.pending_items.filter(|limit| items > *limit) {
            return Err(LimitError::Items { limit });
        }
        if let Some(limit) = self.pending_items.filter(|limit| pending_items > *limit) {
            let retry_after = PENDING_RETRY_AFTER;
            return Err(LimitError::PendingItems { limit, retry_after });
        }
        usage.pending_items = pending_items;
        usage.orders += 1;
        usage.first_order_at.get_or_insert(now);
        Ok(())
    }
}

/// The seconds until the first order has left the window.
fn seconds_until_free(first: Option<Timestamp>, now: Timestamp) -> u32 {
    let free = first.and_then(|first| first.checked_add(WINDOW).ok());
    let wait = free.map_or(WINDOW, |free| free.duration_since(now));
    let seconds = wait.as_secs().clamp(0, WINDOW.as_secs() - 1) + 1;
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use domain::{Money, ProductId, ProductName, Quantity};

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn lines(quantity: i64) -> Vec<Line> {
        vec![Line {
            product: ProductId::from_bytes([1; 12]),
            name: ProductName::parse("chair").expect("a name"),
            price: Money::ZERO,
            quantity: Quantity::try_from(quantity).expect("a quantity"),
        }]
    }

    #[test]
    fn given_limits_when_orders_are_added_then_those_beyond_are_refused_and_not_counted() {
        let limits = AccountLimits {
            pending_items: Some(10),
            orders: Some(3),
        };
        let mut usage = AccountUsage::default();
        let mut add = |quantity, seconds| {
            let now = NOW + SignedDuration::from_secs(seconds);
            limits.add(&mut usage, &lines(quantity), now)
        };
        let too_many_items = Err(LimitError::PendingItems {
            limit: 10,
            retry_after: PENDING_RETRY_AFTER,
        });
        let too_many_orders = |retry_after| {
            Err(LimitError::Orders {
                limit: 3,
                retry_after,
            })
        };
        assert_eq!(add(11, 0), Err(LimitError::Items { limit: 10 }));
        assert_eq!(add(9, 0), Ok(()));
        assert_eq!(add(2, 10), too_many_items);
        assert_eq!(add(1, 10), Ok(()));
        assert_eq!(add(1, 20), too_many_items);
        usage.pending_items = 0;
        let mut add = |quantity, seconds| {
            let now = NOW + SignedDuration::from_secs(seconds);
            limits.add(&mut usage, &lines(quantity), now)
        };
        assert_eq!(add(1, 30), Ok(()));
        assert_eq!(add(1, 40), too_many_orders(3_561));
        assert_eq!(add(1, 3_599), too_many_orders(2));
        assert_eq!(
            add(1, 4_000),
            too_many_orders(1),
            "the caller counts the window"
        );
    }

    #[test]
    fn given_no_limits_when_an_order_is_added_then_it_is_never_refused() {
        let mut usage = AccountUsage {
            pending_items: u64::MAX,
            orders: u64::MAX - 1,
            first_order_at: None,
        };
        let added = AccountLimits::default().add(&mut usage, &lines(2_147_483_647), NOW);
        assert_eq!(added, Ok(()));
    }
}
