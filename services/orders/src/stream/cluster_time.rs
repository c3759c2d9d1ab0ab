//! The logical time of the database.

/// A moment in the history of the database, which the database itself sets: seconds, and a counter
/// within the second. Each committed change has a later one than all changes before it, whatever the
/// clocks of the machines say and after a failover too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClusterTime(u64);

impl ClusterTime {
    /// The number of bytes of [`ClusterTime::bytes`].
    pub(super) const LENGTH: usize = 8;

    pub(crate) const fn new(seconds: u32, counter: u32) -> Self {
        Self(((seconds as u64) << 32) | counter as u64)
    }

    /// The seconds and the counter.
    pub(crate) const fn parts(self) -> (u32, u32) {
        let halves = self.0.to_be_bytes();
        let ([seconds @ .., _, _, _, _], [_, _, _, _, counter @ ..]) = (halves, halves);
        (u32::from_be_bytes(seconds), u32::from_be_bytes(counter))
    }

    /// The last moment before this one.
    pub(crate) const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The first moment after this one.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    pub(super) const fn minus_seconds(self, seconds: u32) -> Self {
        Self(self.0.saturating_sub((seconds as u64) << 32))
    }

    pub(super) const fn bytes(self) -> [u8; Self::LENGTH] {
        self.0.to_be_bytes()
    }

    pub(super) const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }
}
