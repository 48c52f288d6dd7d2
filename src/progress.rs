//! What long work tells of how far it is, to whoever wants to know.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// Bytes of a file that are read so far: counted where they are read, told of where something becomes of them.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<AtomicU64>);

impl Tally {
    /// So many more are read.
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Tells somebody how much of a file is read.
#[derive(Debug)]
pub struct Teller<'w> {
    watch: Watched<'w>,
    tally: Tally,
    told: u64,
    is_known: bool,
}

impl<'w> Teller<'w> {
    /// The reading of a file of so many bytes begins; of how many is not known where there are none.
    #[must_use]
    pub fn begin(watch: Watched<'w>, bytes: u64) -> Self {
        let all = usize::try_from(bytes).ok().filter(|bytes| *bytes > 0);
        watch.begin(Phase::Reading, all);
        Self { watch, tally: Tally::default(), told: 0, is_known: all.is_some() }
    }

    /// Where its bytes are counted.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally.clone()
    }

    /// Tells what was read since this was last asked for; where it is not known of how much, that it goes on.
    pub fn tell(&mut self) {
        if !self.is_known {
            return self.watch.advance(1);
        }
        let read = self.tally.0.load(Ordering::Relaxed);
        if read != self.told {
            self.watch.advance(usize::try_from(read.saturating_sub(self.told)).unwrap_or(usize::MAX));
            self.told = read;
        }
    }
}
