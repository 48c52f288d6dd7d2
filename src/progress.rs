//! What long work tells of how far it is, to whoever wants to know.

use std::fmt;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Data are read, by the bytes of their files.
    Reading,
    /// Rules are concluded, by their conclusions.
    Rules,
    /// Results are written, by their rows.
    Writing,
}

/// Is told of long work, from any thread.
pub trait Watch: fmt::Debug + Send + Sync {
    /// Something begins that has so many parts in all, where that is known.
    fn begin(&self, phase: Phase, all: Option<u64>);

    /// So many parts more are done.
    fn advance(&self, parts: u64);
}

/// Somebody who watches, or nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watched<'w>(pub Option<&'w dyn Watch>);

impl Watched<'_> {
    /// Something begins that has so many parts in all, where that is known.
    pub fn begin(self, phase: Phase, all: Option<usize>) {
        if let Some(watch) = self.0 {
            watch.begin(phase, all.and_then(|all| u64::try_from(all).ok()));
        }
    }

    /// So many parts more are done.
    pub fn advance(self, parts: usize) {
        if let Some(watch) = self.0 {
            watch.advance(u64::try_from(parts).unwrap_or(u64::MAX));
        }
    }
}
