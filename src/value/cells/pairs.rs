//! Rows by a number: sorted in memory, or in sorted runs that are put away and merged.

use super::Store;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Bytes of an entry that is put away: the number and the row.
const ENTRY: usize = 12;
/// Entries that are put away, and read back, at a time.
const BLOCK: usize = 512;
/// Entries of a run at least.
const LEAST_RUN: usize = 4_096;

/// A number and its row.
type Pair = (u64, u32);

/// Rows by a number, in the order of both.
#[derive(Clone, Debug)]
pub enum Pairs {
    /// In memory.
    Here(Vec<Pair>),
    /// Put away in blocks, each known by its first entry.
    Away(Arc<dyn Store>, Vec<Block>),
}

/// Entries that are put away one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    first: Pair,
    at: u64,
    length: usize,
}

impl Default for Pairs {
    fn default() -> Self {
        Self::Here(Vec::new())
    }
}

/// Rows by a number, as they come.
#[derive(Debug, Default)]
pub struct PairsOf {
    store: Option<Arc<dyn Store>>,
    entries: Vec<Pair>,
    runs: Vec<Vec<Block>>,
}

impl PairsOf {
    /// None yet.
    #[must_use]
    pub fn new(store: Option<&Arc<dyn Store>>) -> Self {
        Self { store: store.cloned(), ..Self::default() }
    }

    /// Adds a row.
    pub fn push(&mut self, number: u64, row: u32) {
        if let Some(store) = &self.store {
            let most = store.share().checked_div(size_of::<Pair>()).unwrap_or(0).max(LEAST_RUN);
            if self.entries.len() >= most {
                self.entries.sort_unstable();
                self.runs.push(put_away(store, self.entries.drain(..)));
            } else if self.entries.len() == self.entries.capacity() {
                // To grow by doubling would take half as much again as there is.
                let room =
                    self.entries.len().max(LEAST_RUN >> 2).min(most.saturating_sub(self.entries.len()));
                self.entries.reserve_exact(room);
            }
        }
        self.entries.push((number, row));
    }

    /// All of them in order.
    #[must_use]
    pub fn finish(mut self) -> Pairs {
        self.entries.sort_unstable();
        let Some(store) = self.store.take() else { return Pairs::Here(self.entries) };
        let bytes = self.entries.len().saturating_mul(size_of::<Pair>());
        if self.runs.is_empty() && store.keeps(bytes) {
            return Pairs::Here(self.entries);
        }
        if !self.entries.is_empty() {
            self.runs.push(put_away(&store, self.entries.drain(..)));
        }
        drop(self.entries);
        if self.runs.len() == 1 {
            return Pairs::Away(store, self.runs.pop().unwrap_or_default());
        }
        let merged = put_away(&store, Merge::new(&store, &self.runs));
        Pairs::Away(store, merged)
    }
}

/// Puts entries away in blocks.
fn put_away(store: &Arc<dyn Store>, mut entries: impl Iterator<Item = Pair>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut bytes = Vec::with_capacity(BLOCK.saturating_mul(ENTRY));
    while let Some(first) = entries.next() {
        bytes.clear();
        for (number, row) in std::iter::once(first).chain(entries.by_ref().take(BLOCK.saturating_sub(1))) {
            bytes.extend_from_slice(&number.to_le_bytes());
            bytes.extend_from_slice(&row.to_le_bytes());
        }
        // The store keeps why what is lost is lost.
        let at = store.put(&bytes).unwrap_or(u64::MAX);
        blocks.push(Block { first, at, length: bytes.len() });
    }
    blocks
}

impl Block {
    /// The entries as they are put away; none where they cannot be read back.
    fn read<'b>(&self, store: &Arc<dyn Store>, into: &'b mut Vec<u8>) -> &'b [[u8; ENTRY]] {
        into.resize(self.length, 0);
        if !store.read(self.at, into) {
            into.clear();
        }
        into.as_chunks().0
    }
}

fn pair(entry: &[u8; ENTRY]) -> Pair {
    let number = entry.first_chunk().copied().unwrap_or_default();
    let row = entry.last_chunk().copied().unwrap_or_default();
    (u64::from_le_bytes(number), u32::from_le_bytes(row))
}

/// The rows of a number among entries in order.
fn here(entries: &[Pair], number: u64) -> impl Iterator<Item = u32> + '_ {
    let first = entries.partition_point(|(n, _)| *n < number);
    entries.iter().skip(first).take_while(move |(n, _)| *n == number).map(|(_, row)| *row)
}

/// The rows of a number among entries of a block.
fn within(entries: &[[u8; ENTRY]], number: u64) -> impl Iterator<Item = u32> + '_ {
    let first = entries.partition_point(|entry| pair(entry).0 < number);
    entries.iter().skip(first).map(pair).take_while(move |(n, _)| *n == number).map(|(_, row)| row)
}

/// The blocks that may hold a number, with their places: it may stand at the end of the block before the first
/// that begins with it.
fn holding(blocks: &[Block], number: u64) -> impl Iterator<Item = (usize, &Block)> {
    let first = blocks.partition_point(|b| b.first.0 < number).saturating_sub(1);
    blocks.iter().enumerate().skip(first).take_while(move |(_, b)| b.first.0 <= number)
}

/// Runs merged into one: of each a block is in memory.
struct Merge<'r> {
    store: &'r Arc<dyn Store>,
    runs: Vec<Run<'r>>,
    /// The next entry of each run, with the run.
    next: BinaryHeap<Reverse<(Pair, usize)>>,
    bytes: Vec<u8>,
}

struct Run<'r> {
    left: std::slice::Iter<'r, Block>,
    /// What is left of the block at hand, in reverse.
    entries: Vec<Pair>,
}

impl<'r> Merge<'r> {
    fn new(store: &'r Arc<dyn Store>, runs: &'r [Vec<Block>]) -> Self {
        let runs = runs.iter().map(|r| Run { left: r.iter(), entries: Vec::new() }).collect();
        let mut merge = Self { store, runs, next: BinaryHeap::new(), bytes: Vec::new() };
        (0..merge.runs.len()).for_each(|run| merge.refill(run));
        merge
    }

    fn refill(&mut self, index: usize) {
        let Some(run) = self.runs.get_mut(index) else { return };
        if run.entries.is_empty()
            && let Some(block) = run.left.next()
        {
            let entries = block.read(self.store, &mut self.bytes);
            run.entries.extend(entries.iter().rev().map(pair));
        }
        if let Some(entry) = run.entries.pop() {
            self.next.push(Reverse((entry, index)));
        }
    }
}

impl Iterator for Merge<'_> {
    type Item = Pair;

    fn next(&mut self) -> Option<Pair> {
        let Reverse((entry, run)) = self.next.pop()?;
        self.refill(run);
        Some(entry)
    }
}

impl Pairs {
    /// The rows of a number, in their order, up to the first that `wanted` takes.
    #[must_use]
    pub fn find(&self, number: u64, mut wanted: impl FnMut(u32) -> bool) -> Option<u32> {
        match self {
            Self::Here(entries) => here(entries, number).find(|row| wanted(*row)),
            Self::Away(store, blocks) => {
                let mut bytes = Vec::new();
                holding(blocks, number).find_map(|(_, block)| {
                    within(block.read(store, &mut bytes), number).find(|row| wanted(*row))
                })
            }
        }
    }

    /// All rows with their numbers, in the order of both, as long as `each` answers yes.
    pub fn in_order(&self, mut each: impl FnMut(u64, u32) -> bool) {
        match self {
            Self::Here(entries) => {
                let _ = entries.iter().all(|(number, row)| each(*number, *row));
            }
            Self::Away(store, blocks) => {
                let mut bytes = Vec::new();
                for block in blocks {
                    let mut entries = block.read(store, &mut bytes).iter().map(pair);
                    if !entries.all(|(number, row)| each(number, row)) {
                        return;
                    }
                }
            }
        }
    }

    /// Each row of the numbers wanted, which are in order, with what is wanted of it: a block is read once.
    pub fn find_each(&self, wanted: &[(u64, u32)], mut each: impl FnMut(u32, u32)) {
        match self {
            Self::Here(entries) => {
                for (number, of) in wanted {
                    here(entries, *number).for_each(|row| each(row, *of));
                }
            }
            Self::Away(store, blocks) => {
                let (mut bytes, mut read) = (Vec::new(), None);
                for (number, of) in wanted {
                    for (at, block) in holding(blocks, *number) {
                        if read.replace(at) != Some(at) {
                            block.read(store, &mut bytes);
                        }
                        within(bytes.as_chunks().0, *number).for_each(|row| each(row, *of));
                    }
                }
            }
        }
    }

    /// The rows of each number that has several, in order; ends where `each` answers no. Answers
    /// whether it never did.
    pub fn repeated(&self, mut each: impl FnMut(&[u32]) -> bool) -> bool {
        let mut same: Vec<u32> = Vec::new();
        let mut number = None;
        let mut one = |entry: Option<Pair>| {
            if let (Some((n, row)), Some(known)) = (entry, number)
                && n == known
            {
                same.push(row);
                return true;
            }
            let goes_on = same.len() < 2 || each(&same);
            same.clear();
            number = entry.map(|(n, _)| n);
            same.extend(entry.map(|(_, row)| row));
            goes_on
        };
        let all = match self {
            Self::Here(entries) => entries.iter().all(|entry| one(Some(*entry))),
            Self::Away(store, blocks) => {
                let mut bytes = Vec::new();
                blocks.iter().all(|b| b.read(store, &mut bytes).iter().all(|entry| one(Some(pair(entry)))))
            }
        };
        all && one(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Num;
    use crate::value::cells::Part;
    use crate::value::{Bits, Filling, Gathered, Meaning, Packed, Segment, Texts, Type, Unit, Value};
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use std::sync::Mutex;

    /// Puts everything away, into memory all the same.
    #[derive(Debug, Default)]
    struct Shelf(Mutex<Vec<u8>>);

    impl Store for Shelf {
        fn keeps(&self, _: usize) -> bool {
            false
        }

        fn put(&self, bytes: &[u8]) -> Option<u64> {
            let mut shelf = self.0.lock().unwrap();
            let at = shelf.len();
            shelf.extend_from_slice(bytes);
            Some(at as u64)
        }

        fn read(&self, at: u64, out: &mut [u8]) -> bool {
            let at = usize::try_from(at).unwrap();
            out.copy_from_slice(&self.0.lock().unwrap()[at..at + out.len()]);
            true
        }

        fn share(&self) -> usize {
            0
        }

        fn rows(&self) -> usize {
            128
        }
    }

    fn shelf() -> Arc<dyn Store> {
        Arc::new(Shelf::default())
    }

    #[test]
    fn runs_hold_what_memory_would() {
        // So many that there are several runs, each number twice, and one of them often.
        let store = shelf();
        let (mut here, mut away) = (PairsOf::new(None), PairsOf::new(Some(&store)));
        for row in 0_u32..20_000 {
            let number =
                if row % 10 == 0 { 7 } else { u64::from(row % 10_000).wrapping_mul(0x9E37_79B9_7F4A_7C15) };
            here.push(number, row);
            away.push(number, row);
        }
        let (here, away) = (here.finish(), away.finish());
        assert!(matches!(away, Pairs::Away(..)));
        let all = |pairs: &Pairs| {
            let mut all = Vec::new();
            assert!(pairs.repeated(|rows| {
                all.push(rows.to_vec());
                true
            }));
            all
        };
        assert_eq!(all(&here), all(&away));
        assert_eq!(all(&here).iter().map(Vec::len).max(), Some(2_000));
        assert!(!away.repeated(|_| false));
        for number in [0, 7, 8, u64::MAX, 5_u64.wrapping_mul(0x9E37_79B9_7F4A_7C15)] {
            for wanted in [0, 5, 15_000, 19_990] {
                assert_eq!(here.find(number, |row| row >= wanted), away.find(number, |row| row >= wanted));
            }
        }
        assert_eq!(away.find(7, |row| row >= 15_000), Some(15_000));
    }

    fn value() -> impl Strategy<Value = Option<Value>> {
        let number =
            "-?[0-9]{1,12}(\\.[0-9]{1,11})?|1/3".prop_map(|t| crate::number::Num::parse(&t).unwrap());
        prop_oneof![
            6 => number.prop_map(|n| Some(Value::Number(n))),
            1 => Just(Some(Value::Absent)),
            1 => Just(None),
            1 => "[a-zé]{0,9}".prop_map(|t| Some(Value::Text(t.into()))),
            1 => "[a-z]{0,9}".prop_map(|t| Some(Value::List(Arc::from([Value::Symbol(t.into()), Value::Row { table: 1, row: 2 }])))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_put_away_is_what_was_there(values in proptest::collection::vec(value(), 1..300)) {
            let store = shelf();
            let here = Packed::of(&values, None);
            let starts: Vec<usize> = (0..values.len()).step_by(128).chain([values.len()]).collect();
            let unit = Unit::default();
            let mut gathered = Gathered::new(&Type::Number(unit), &starts, Some(&store));
            values.iter().for_each(|v| {
                gathered.push(v.clone());
            });
            let away = gathered.finish();
            prop_assert!(away.parts().iter().all(|p| p.store().is_some()));
            prop_assert_eq!(away.starts(), &*starts);
            let all: Vec<Option<Value>> = (0..values.len()).map(|row| away.get(row)).collect();
            prop_assert_eq!(&all, &values);
            if let Some(here) = here {
                let all: Vec<Option<Value>> = (0..values.len()).map(|row| here.get(row)).collect();
                prop_assert_eq!(&all, &values);
            }
        }

        #[test]
        fn a_number_read_alone_is_the_segments(numbers in proptest::collection::vec(prop_oneof![0_i64..200, -5_i64..70_000, any::<i64>()], 1..300), absent in any::<u64>()) {
            let store = shelf();
            for absent in [None, Some(Bits::from_words(vec![absent; numbers.len().div_ceil(64)]))] {
                let segment = Segment::new(Filling::Numbers(&numbers), absent.clone(), Vec::new());
                let here = Part::from(segment.clone());
                let away = Part::stored(segment, Some(&store));
                prop_assert!(away.store().is_some());
                for row in 0..numbers.len() {
                    prop_assert_eq!(here.number(row), away.number(row));
                }
            }
        }

        #[test]
        fn texts_lists_and_numbers_are_read_alone_too(
            rows in proptest::collection::vec((any::<u8>(), any::<i64>()), 1..200), step in 1_usize..150,
        ) {
            let store = shelf();
            let number = |n: i64, scale: u32| Value::Number(Num::from_decimal(Decimal::new(n, scale)));
            let made = |which: usize, (kind, n): &(u8, i64)| match (kind % 5, which) {
                (0, _) => Some(Value::Absent),
                (_, 0) => Some(Value::Text(format!("é{n}").into())),
                (_, 1) => Some(Value::List((0..*kind % 4).map(|i| number(*n, i.into())).collect())),
                _ => Some(Value::Number((*n >> 20).into())),
            };
            let types = [Type::Text, Type::Number(Unit::default()).list(), Type::Number(Unit::default())];
            for (which, ty) in types.iter().enumerate() {
                let starts: Vec<usize> = (0..rows.len()).step_by(16).chain([rows.len()]).collect();
                let values: Vec<Option<Value>> = rows.iter().map(|row| made(which, row)).collect();
                let mut gathered = Gathered::new(ty, &starts, Some(&store));
                values.iter().for_each(|v| {
                    gathered.push(v.clone());
                });
                let away = gathered.finish();
                prop_assert!(away.parts().iter().all(|p| p.store().is_some()));
                for row in (0..rows.len()).map(|n| n * step % rows.len()) {
                    prop_assert_eq!(&away.get(row), &values[row], "row {}", row);
                }
            }
        }

        #[test]
        fn texts_and_flags_come_back(texts in proptest::collection::vec("[a-zé]{0,20}", 1..200)) {
            let store = shelf();
            let mut filling = Texts::default();
            texts.iter().for_each(|t| filling.push(t.as_bytes()));
            let part = Part::stored(Segment::new(Filling::Texts(&filling), None, Vec::new()), Some(&store));
            let column = Packed::of_parts(Meaning::Text, vec![part], None);
            for (row, text) in texts.iter().enumerate() {
                prop_assert_eq!(column.get(row), Some(Value::Text(text.as_str().into())));
            }
            let mut bits = Bits::none(texts.len());
            texts.iter().enumerate().filter(|(_, t)| t.len() > 9).for_each(|(row, _)| bits.set(row));
            let part = Part::stored(Segment::new(Filling::Flags(bits, texts.len()), None, Vec::new()), Some(&store));
            let column = Packed::of_parts(Meaning::Flag, vec![part], None);
            for (row, text) in texts.iter().enumerate() {
                prop_assert_eq!(column.get(row), Some(Value::Bool(text.len() > 9)));
            }
        }
    }
}
