//! Entries one after the other, in memory or put away in blocks, each found by its place.

use super::Store;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

/// Entries that are put away, and read back, at a time.
pub const BLOCK: usize = 256;

/// What takes the same number of bytes each time it is put away.
pub trait Entry: Copy + Debug + Send + Sync + 'static {
    /// How many bytes.
    const BYTES: usize;

    /// Writes the bytes down.
    fn put(self, out: &mut Vec<u8>);

    /// What so many bytes were written down for.
    fn read(bytes: &[u8]) -> Self;
}

/// An entry of numbers one after the other, each with its bytes in the order of the processor-independent form.
macro_rules! entry {
    ($($name:ident: $number:ty),+) => {
        impl Entry for ($($number,)+) {
            const BYTES: usize = 0 $(+ size_of::<$number>())+;

            fn put(self, out: &mut Vec<u8>) {
                let ($($name,)+) = self;
                $(out.extend_from_slice(&$name.to_le_bytes());)+
            }

            fn read(bytes: &[u8]) -> Self {
                let mut left = bytes;
                $(
                    let $name = left.split_first_chunk().map_or(0, |(own, rest)| {
                        left = rest;
                        <$number>::from_le_bytes(*own)
                    });
                )+
                ($($name,)+)
            }
        }
    };
}

entry!(number: u64, row: u32);
entry!(number: u128, row: u32);
entry!(key: u128, row: u32, place: u32);
entry!(total: i128, count: u32, doubts: u32);
entry!(number: i64, absent: u8);
entry!(number: i64);
entry!(place: u32);
entry!(row: u32, number: i64);

/// Entries one after the other.
#[derive(Clone, Debug)]
pub enum Long<E> {
    /// In memory.
    Here(Vec<E>),
    /// Put away in blocks, of which all but the last are full, and how many entries there are.
    Away(Arc<dyn Store>, Vec<Block<E>>, usize),
}

/// Entries that are put away together.
#[derive(Clone, Copy, Debug)]
pub struct Block<E> {
    first: E,
    at: u64,
}

impl<E> Default for Long<E> {
    fn default() -> Self {
        Self::Here(Vec::new())
    }
}

/// Entries one after the other, as they come.
#[derive(Debug)]
pub struct LongOf<E> {
    /// Where they are put away; none where they stay in memory.
    store: Option<Arc<dyn Store>>,
    /// All of them in memory, or the block at hand.
    here: Vec<E>,
    blocks: Vec<Block<E>>,
    bytes: Vec<u8>,
    all: usize,
}

impl<E> Default for LongOf<E> {
    fn default() -> Self {
        Self { store: None, here: Vec::new(), blocks: Vec::new(), bytes: Vec::new(), all: 0 }
    }
}

impl<E: Entry> LongOf<E> {
    /// Room for so many, in memory where there is no store or that has room for them.
    #[must_use]
    pub fn new(count: usize, store: Option<&Arc<dyn Store>>) -> Self {
        let store = store.filter(|store| !store.keeps(count.saturating_mul(size_of::<E>()))).cloned();
        let here = Vec::with_capacity(if store.is_some() { BLOCK } else { count });
        Self { store, here, ..Self::default() }
    }

    /// Adds one.
    pub fn push(&mut self, entry: E) {
        self.here.push(entry);
        if self.here.len() >= BLOCK && self.store.is_some() {
            self.put_away();
        }
    }

    fn put_away(&mut self) {
        let (Some(store), Some(first)) = (&self.store, self.here.first().copied()) else { return };
        self.bytes.clear();
        self.here.iter().for_each(|entry| entry.put(&mut self.bytes));
        // The store keeps why what is lost is lost.
        self.blocks.push(Block { first, at: store.put(&self.bytes).unwrap_or(u64::MAX) });
        self.all = self.all.saturating_add(self.here.len());
        self.here.clear();
    }

    /// All of them.
    #[must_use]
    pub fn finish(mut self) -> Long<E> {
        self.put_away();
        match self.store {
            None => Long::Here(self.here),
            Some(store) => Long::Away(store, self.blocks, self.all),
        }
    }
}

/// The block that was read last.
#[derive(Debug, Default)]
pub struct Recent {
    block: Option<usize>,
    bytes: Vec<u8>,
}

impl Recent {
    /// What is read next is of something else.
    pub fn forget(&mut self) {
        self.block = None;
    }
}

impl<E: Entry> Long<E> {
    /// Puts entries away.
    pub fn put_away(store: &Arc<dyn Store>, entries: impl Iterator<Item = E>) -> Self {
        let mut long = LongOf { store: Some(Arc::clone(store)), ..LongOf::default() };
        entries.for_each(|entry| long.push(entry));
        long.finish()
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Here(entries) => entries.len(),
            Self::Away(_, _, all) => *all,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at a place, read by itself.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<E> {
        match self {
            Self::Here(entries) => entries.get(place).copied(),
            Self::Away(store, blocks, all) => {
                (place < *all).then_some(())?;
                let block = blocks.get(place.checked_div(BLOCK)?)?;
                let offset = place.checked_rem(BLOCK)?.checked_mul(E::BYTES)?;
                let mut bytes = vec![0; E::BYTES];
                let at = block.at.checked_add(u64::try_from(offset).ok()?)?;
                store.read(at, &mut bytes).then(|| E::read(&bytes))
            }
        }
    }

    /// The entry at a place, for whoever takes one after the other.
    pub fn entry(&self, place: usize, recent: &mut Recent) -> Option<E> {
        let mut found = None;
        self.each_of(place..place.saturating_add(1), recent, |entry| {
            found = Some(entry);
            true
        });
        found
    }

    /// Calls `each` with the entries at these places, in order, as long as it answers yes.
    pub fn each_of(&self, places: Range<usize>, recent: &mut Recent, mut each: impl FnMut(E) -> bool) {
        let places = places.start..places.end.min(self.len());
        match self {
            Self::Here(entries) => {
                let _ = entries.get(places).unwrap_or_default().iter().all(|entry| each(*entry));
            }
            Self::Away(store, blocks, _) => {
                let mut place = places.start;
                while place < places.end {
                    let (block, within) = (place / BLOCK, place % BLOCK);
                    let Some(bytes) = self.read(store, blocks, block, recent) else { return };
                    let count = BLOCK.saturating_sub(within).min(places.end.saturating_sub(place));
                    let own = bytes.chunks_exact(E::BYTES).skip(within).take(count);
                    if !own.map(E::read).all(&mut each) {
                        return;
                    }
                    place = place.saturating_add(count);
                }
            }
        }
    }

    /// Calls `each` with all entries, in order, as long as it answers yes.
    pub fn each(&self, each: impl FnMut(E) -> bool) {
        self.each_of(0..self.len(), &mut Recent::default(), each);
    }

    /// Of these places, whose entries are in order, the first for which this does not hold any more.
    #[must_use]
    pub fn partition_point(
        &self,
        places: Range<usize>,
        recent: &mut Recent,
        mut before: impl FnMut(E) -> bool,
    ) -> usize {
        let places = places.start..places.end.min(self.len());
        match self {
            Self::Here(entries) => {
                let entries = entries.get(places.clone()).unwrap_or_default();
                places.start.saturating_add(entries.partition_point(|entry| before(*entry)))
            }
            Self::Away(store, blocks, _) => {
                // Blocks that begin within the places; what is looked for stands in the block before the first
                // of them that begins behind it, or begins it.
                let (first, end) = (places.start.div_ceil(BLOCK), places.end.div_ceil(BLOCK));
                let own = blocks.get(first..end).unwrap_or_default();
                let block = first.saturating_add(own.partition_point(|block| before(block.first)));
                let behind = block.saturating_mul(BLOCK).min(places.end);
                let Some(block) = block.checked_sub(1).filter(|_| behind > places.start) else {
                    return places.start;
                };
                let Some(bytes) = self.read(store, blocks, block, recent) else { return places.start };
                let start = block.saturating_mul(BLOCK);
                let entry = |place: usize| {
                    let from = place.saturating_sub(start).saturating_mul(E::BYTES);
                    E::read(bytes.get(from..from.saturating_add(E::BYTES)).unwrap_or_default())
                };
                let (mut low, mut high) = (start.max(places.start), behind);
                while low < high {
                    let middle = low.midpoint(high);
                    if before(entry(middle)) { low = middle.saturating_add(1) } else { high = middle }
                }
                low
            }
        }
    }

    /// A block's bytes; none where they cannot be read back.
    fn read<'r>(
        &self,
        store: &Arc<dyn Store>,
        blocks: &[Block<E>],
        index: usize,
        recent: &'r mut Recent,
    ) -> Option<&'r [u8]> {
        if recent.block.replace(index) != Some(index) {
            let block = blocks.get(index)?;
            let entries = self.len().saturating_sub(index.saturating_mul(BLOCK)).min(BLOCK);
            recent.bytes.resize(entries.saturating_mul(E::BYTES), 0);
            if !store.read(block.at, &mut recent.bytes) {
                recent.block = None;
                return None;
            }
        }
        Some(&recent.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::cells::tests::shelf;

    #[test]
    fn what_is_put_away_is_found_at_its_place() {
        let store = shelf();
        for count in [0_u64, 1, 255, 256, 257, 1_000] {
            let entries = || (0..count).map(|n| (n / 3, u32::try_from(n).unwrap()));
            let here = Long::Here(entries().collect());
            let away = Long::put_away(&store, entries());
            assert!(matches!((&here, &away), (Long::Here(_), Long::Away(..))));
            assert_eq!((here.len(), away.len()), (away.len(), here.len()));
            let mut recent = Recent::default();
            let all = away.len();
            for from in [0, 1, 100, 255, 256, 257, 600, 999, 1_000] {
                assert_eq!(here.get(from), away.get(from));
                for to in [0, 1, 256, 300, 512, 1_000, 2_000] {
                    let mut found = (Vec::new(), Vec::new());
                    here.each_of(from..to, &mut Recent::default(), |e| {
                        found.0.push(e);
                        true
                    });
                    away.each_of(from..to, &mut recent, |e| {
                        found.1.push(e);
                        true
                    });
                    assert_eq!(found.0, found.1);
                    for number in [0, 1, 40, 85, 86, 170, 333, 400] {
                        let places = from.min(all)..to.min(all).max(from.min(all));
                        let point = |long: &Long<_>, recent: &mut Recent| {
                            long.partition_point(places.clone(), recent, |(n, _)| n < number)
                        };
                        assert_eq!(point(&here, &mut Recent::default()), point(&away, &mut recent));
                    }
                }
            }
        }
    }
}
