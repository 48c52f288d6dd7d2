//! Entries put in order, in memory or in sorted runs that are put away and merged; and rows by a number.

use super::long::{Entry, Long, Recent};
use super::{BLOCK, Store};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Entries of a run at least.
const LEAST_RUN: usize = 4_096;

/// Rows by a number, in the order of both.
pub type Pairs = Long<(u64, u32)>;
/// Rows by a number, as they come.
pub type PairsOf = Sorter<(u64, u32)>;

/// Entries as they come, to be put in order.
#[derive(Debug)]
pub struct Sorter<E> {
    store: Option<Arc<dyn Store>>,
    entries: Vec<E>,
    runs: Vec<Long<E>>,
}

impl<E> Default for Sorter<E> {
    fn default() -> Self {
        Self { store: None, entries: Vec::new(), runs: Vec::new() }
    }
}

impl<E: Entry + Ord> Sorter<E> {
    /// None yet.
    #[must_use]
    pub fn new(store: Option<&Arc<dyn Store>>) -> Self {
        Self { store: store.cloned(), ..Self::default() }
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: E) {
        if let Some(store) = &self.store {
            let most = store.share().checked_div(size_of::<E>()).unwrap_or(0).max(LEAST_RUN);
            if self.entries.len() >= most {
                self.entries.sort_unstable();
                self.runs.push(Long::put_away(store, self.entries.drain(..)));
            } else if self.entries.len() == self.entries.capacity() {
                // To grow by doubling would take half as much again as there is.
                let room =
                    self.entries.len().max(LEAST_RUN >> 2).min(most.saturating_sub(self.entries.len()));
                self.entries.reserve_exact(room);
            }
        }
        self.entries.push(entry);
    }

    /// All of them in order.
    #[must_use]
    pub fn finish(mut self) -> Long<E> {
        self.entries.sort_unstable();
        let Some(store) = self.store.take() else { return Long::Here(self.entries) };
        let bytes = self.entries.len().saturating_mul(size_of::<E>());
        if self.runs.is_empty() && store.keeps(bytes) {
            return Long::Here(self.entries);
        }
        if !self.entries.is_empty() {
            self.runs.push(Long::put_away(&store, self.entries.drain(..)));
        }
        drop(self.entries);
        if self.runs.len() == 1 {
            return self.runs.pop().unwrap_or_default();
        }
        Long::put_away(&store, Merge::new(&self.runs))
    }
}

/// Runs merged into one: of each a block is in memory.
struct Merge<'r, E> {
    runs: Vec<Run<'r, E>>,
    /// The next entry of each run, with the run.
    next: BinaryHeap<Reverse<(E, usize)>>,
    recent: Recent,
}

struct Run<'r, E> {
    of: &'r Long<E>,
    /// Where the next block begins.
    place: usize,
    /// What is left of the block at hand, in reverse.
    entries: Vec<E>,
}

impl<'r, E: Entry + Ord> Merge<'r, E> {
    fn new(runs: &'r [Long<E>]) -> Self {
        let runs = runs.iter().map(|of| Run { of, place: 0, entries: Vec::new() }).collect();
        let mut merge = Self { runs, next: BinaryHeap::new(), recent: Recent::default() };
        (0..merge.runs.len()).for_each(|run| merge.refill(run));
        merge
    }

    fn refill(&mut self, index: usize) {
        let Some(run) = self.runs.get_mut(index) else { return };
        if run.entries.is_empty() {
            let end = run.place.saturating_add(BLOCK);
            // What was read last is another run's.
            self.recent.forget();
            run.of.each_of(run.place..end, &mut self.recent, |entry| {
                run.entries.push(entry);
                true
            });
            run.entries.reverse();
            run.place = end;
        }
        if let Some(entry) = run.entries.pop() {
            self.next.push(Reverse((entry, index)));
        }
    }
}

impl<E: Entry + Ord> Iterator for Merge<'_, E> {
    type Item = E;

    fn next(&mut self) -> Option<E> {
        let Reverse((entry, run)) = self.next.pop()?;
        self.refill(run);
        Some(entry)
    }
}

impl Pairs {
    /// Calls `each` with the rows of a number, in their order, as long as it answers yes.
    fn each_with(&self, number: u64, recent: &mut Recent, mut each: impl FnMut(u32) -> bool) {
        let start = self.partition_point(0..self.len(), recent, |(n, _)| n < number);
        self.each_of(start..self.len(), recent, |(n, row)| n == number && each(row));
    }

    /// The rows of a number, in their order, up to the first that `wanted` takes.
    #[must_use]
    pub fn find(&self, number: u64, mut wanted: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut found = None;
        self.each_with(number, &mut Recent::default(), |row| {
            found = wanted(row).then_some(row);
            found.is_none()
        });
        found
    }

    /// All rows with their numbers, in the order of both, as long as `each` answers yes.
    pub fn in_order(&self, mut each: impl FnMut(u64, u32) -> bool) {
        self.each(|(number, row)| each(number, row));
    }

    /// Each row of the numbers wanted, which are in order, with what is wanted of it: a block is read once.
    pub fn find_each(&self, wanted: &[(u64, u32)], mut each: impl FnMut(u32, u32)) {
        let mut recent = Recent::default();
        for (number, of) in wanted {
            self.each_with(*number, &mut recent, |row| {
                each(row, *of);
                true
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Num;
    use crate::value::cells::Part;
    use crate::value::cells::tests::shelf;
    use crate::value::{Bits, Filling, Gathered, Meaning, Packed, Segment, Texts, Type, Unit, Value};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    #[test]
    fn runs_hold_what_memory_would() {
        // So many that there are several runs, each number twice, and one of them often.
        let store = shelf();
        let (mut here, mut away) = (PairsOf::new(None), PairsOf::new(Some(&store)));
        for row in 0_u32..20_000 {
            let number =
                if row % 10 == 0 { 7 } else { u64::from(row % 10_000).wrapping_mul(0x9E37_79B9_7F4A_7C15) };
            here.push((number, row));
            away.push((number, row));
        }
        let (here, away) = (here.finish(), away.finish());
        assert!(matches!(away, Long::Away(..)));
        let all = |pairs: &Pairs| {
            let mut all = Vec::new();
            pairs.in_order(|number, row| {
                all.push((number, row));
                true
            });
            all
        };
        assert_eq!(all(&here), all(&away));
        assert_eq!(all(&here).iter().filter(|(number, _)| *number == 7).count(), 2_000);
        let mut met = 0;
        away.in_order(|_, _| {
            met += 1;
            met < 3
        });
        assert_eq!(met, 3);
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
