/// The orders and faults of a test, which the invariant checker compares with the shop.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// The ids of the orders that were answered 201.
    pub acknowledged: Vec<String>,
    /// How many attempts to place an order had no conclusive response. Each may have placed one.
    pub unknown: usize,
    /// How many poison messages were sent.
    pub poison: usize,
    /// Whether services of two releases ran side by side.
    pub mixed_releases: bool,
}

impl Expectations {
    /// All attempts to place an order were conclusive, and these orders were placed.
    pub fn new(acknowledged: Vec<String>) -> Self {
        Self {
            acknowledged,
            ..Self::default()
        }
    }

    /// Of two messages of the same event, one may have fields that the release of the other does not
    /// know.
    #[must_use]
    pub fn with_mixed_releases(self) -> Self {
        Self {
            mixed_releases: true,
            ..self
        }
    }

    /// Also expects this number of dead letters.
    #[must_use]
    pub fn with_poison(self, poison: usize) -> Self {
        Self { poison, ..self }
    }
}
