//! Rows of a table by what they hold: put in order once, so that those with a value, or within bounds,
//! are found without looking at the others.

use crate::value::{Entry, Long, Packed, Pairs, PairsOf, Recent, Segment, Sorter, Store};
use std::ops::Range;
use std::sync::Arc;

/// How many places a direct table may have for each row.
const SPREAD: usize = 4;

/// One key of each row of a table, in whole numbers; none for a row that no one looks for.
#[derive(Clone, Debug)]
pub struct KeyOf {
    /// A column of which nothing is odd.
    pub column: Arc<Packed>,
    /// What of its numbers count.
    pub by: Matched,
}

/// What a register holds where it equals a number of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matched {
    /// The number times this, which fits.
    Times(i64),
    /// What stands for the number as a code; none where nothing does.
    Codes(Vec<Option<i64>>),
}

impl Matched {
    /// Of a row's number; none where it is absent.
    #[must_use]
    pub fn of(&self, segment: &Segment, row: usize) -> Option<i64> {
        if segment.absent().is_some_and(|bits| bits.get(row)) {
            return None;
        }
        let number = segment.number(row);
        match self {
            Self::Times(factor) => number.checked_mul(*factor),
            Self::Codes(codes) => codes.get(usize::try_from(number).ok()?).copied().flatten(),
        }
    }
}

impl KeyOf {
    /// The least and the greatest number that there may be.
    fn extremes(&self) -> (i64, i64) {
        let (low, high) = self.column.extremes();
        match &self.by {
            Matched::Times(factor) => (low.saturating_mul(*factor), high.saturating_mul(*factor)),
            Matched::Codes(codes) => {
                let known = || codes.iter().flatten().copied();
                (known().min().unwrap_or(0), known().max().unwrap_or(0))
            }
        }
    }

    /// How many numbers there may be from the least to the greatest.
    #[must_use]
    pub fn spread(&self) -> u128 {
        let (low, high) = self.extremes();
        u128::from(high.abs_diff(low)).saturating_add(1)
    }
}

/// Whether so many values of each key can be told apart by one number.
#[must_use]
pub fn fits<'k>(keys: impl Iterator<Item = &'k KeyOf>) -> bool {
    keys.map(KeyOf::spread).try_fold(1_u128, u128::checked_mul).is_some()
}

/// The numbers of one key within the number that stands for all of them.
#[derive(Clone, Copy, Debug)]
struct Digit {
    least: i64,
    most: i64,
    /// How much the number grows with the key.
    stride: u128,
}

/// Rows in the order of their keys; rows with the same keys in their own order.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// The keys, the first key first.
    digits: Vec<Digit>,
    rows: Rows,
    /// Where the rows of each value of the first key begin, from the least value on, where its values
    /// lie close together.
    direct: Option<(i64, Vec<u32>)>,
    store: Option<Arc<dyn Store>>,
    /// How many rows the table has.
    all: usize,
}

#[derive(Clone, Debug)]
enum Rows {
    /// So many, in their own order.
    All(usize),
    /// By one number for all keys.
    By(Pairs),
    /// By one that needs more than 64 bits.
    Wide(Long<(u128, u32)>),
}

/// A row by a number.
trait Numbered: Entry {
    fn number(self) -> u128;
    fn row(self) -> u32;
}

impl Numbered for (u64, u32) {
    fn number(self) -> u128 {
        self.0.into()
    }

    fn row(self) -> u32 {
        self.1
    }
}

impl Numbered for (u128, u32) {
    fn number(self) -> u128 {
        self.0
    }

    fn row(self) -> u32 {
        self.1
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self::All(0)
    }
}

/// Bounds of a key: numbers from the first on, and before the second.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The least number.
    pub from: i64,
    /// The greatest.
    pub to: i64,
}

impl Bounds {
    /// No bounds.
    pub const NONE: Self = Self { from: i64::MIN, to: i64::MAX };
}

impl Groups {
    /// Rows by their keys, which [`fits`] says can be told apart. Without keys all rows are one group, in their order.
    #[must_use]
    pub fn new(keys: &[KeyOf], rows: usize) -> Self {
        let [first, others @ ..] = keys else {
            return Self { rows: Rows::All(rows), all: rows, ..Self::default() };
        };
        let mut digits: Vec<Digit> = Vec::with_capacity(keys.len());
        let mut stride = 1_u128;
        for key in keys.iter().rev() {
            let (least, most) = key.extremes();
            digits.push(Digit { least, most, stride });
            stride = stride.saturating_mul(key.spread());
        }
        digits.reverse();
        let store = first.column.store();
        let is_narrow = others.is_empty() || u64::try_from(stride).is_ok();
        let (mut narrow, mut wide) = (PairsOf::new(store), Sorter::new(store));
        let mut others: Vec<Cursor<'_>> = others.iter().map(Cursor::new).collect();
        let mut row = 0_u32;
        for segment in first.column.segments() {
            for at in 0..segment.len() {
                let mut number = Some(0_u128);
                for (place, digit) in digits.iter().enumerate() {
                    let key = match place.checked_sub(1) {
                        None => first.by.of(&segment, at),
                        Some(other) => others.get_mut(other).and_then(Cursor::next),
                    };
                    number = number.zip(key).map(|(number, key)| number.wrapping_add(digit.of(key)));
                }
                match number {
                    Some(number) if is_narrow => {
                        narrow.push((u64::try_from(number).unwrap_or(u64::MAX), row));
                    }
                    Some(number) => wide.push((number, row)),
                    None => {}
                }
                row = row.saturating_add(1);
            }
        }
        let (by, direct) = if is_narrow {
            let by = narrow.finish();
            let direct = digits.first().and_then(|digit| direct(&by, *digit));
            (Rows::By(by), direct)
        } else {
            (Rows::Wide(wide.finish()), None)
        };
        Self { digits, rows: by, direct, store: store.cloned(), all: rows }
    }

    /// Adds the rows at these places to a list.
    pub fn rows(&self, places: Range<usize>, recent: &mut Recent, to: &mut Vec<i64>) {
        match &self.rows {
            Rows::All(all) => to.extend(
                (places.start..places.end.min(*all)).map(|row| i64::try_from(row).unwrap_or(i64::MAX)),
            ),
            Rows::By(Long::Here(rows)) => {
                let rows = rows.get(places).unwrap_or_default();
                to.extend(rows.iter().map(|(_, row)| i64::from(*row)));
            }
            Rows::By(rows) => add_rows(rows, places, recent, to),
            Rows::Wide(rows) => add_rows(rows, places, recent, to),
        }
    }

    /// How many rows the table has.
    #[must_use]
    pub fn rows_of_table(&self) -> usize {
        self.all
    }

    /// Where what is worked out from it goes that memory has no room for.
    #[must_use]
    pub fn store(&self) -> Option<&Arc<dyn Store>> {
        self.store.as_ref()
    }

    /// How many places there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::All(all) => *all,
            Rows::By(rows) => rows.len(),
            Rows::Wide(rows) => rows.len(),
        }
    }

    /// The places of rows whose first keys equal these, and whose next key lies within bounds, where there are any.
    #[must_use]
    pub fn places(
        &self,
        keys: impl IntoIterator<Item = i64>,
        bounds: Option<Bounds>,
        recent: &mut Recent,
    ) -> Range<usize> {
        let mut digits = self.digits.iter();
        let (mut from, mut above, mut among) = (0_u128, u128::MAX, 0..self.len());
        for (index, key) in keys.into_iter().enumerate() {
            let Some(digit) = digits.next() else { break };
            if key < digit.least || key > digit.most {
                return 0..0;
            }
            from = from.wrapping_add(digit.of(key));
            above = from.wrapping_add(digit.stride.wrapping_sub(1));
            if let Some(direct) = self.direct.as_ref().filter(|_| index == 0) {
                among = found(direct, key);
            }
        }
        if let (Some(bounds), Some(digit)) = (bounds, digits.next()) {
            let (low, high) = (bounds.from.max(digit.least), bounds.to.min(digit.most));
            if low > high {
                return 0..0;
            }
            above = from.wrapping_add(digit.of(high)).wrapping_add(digit.stride.wrapping_sub(1));
            from = from.wrapping_add(digit.of(low));
        } else if self.digits.len() == 1 && self.direct.is_some() {
            return among;
        }
        match &self.rows {
            Rows::All(_) => among,
            Rows::By(rows) => between(rows, among, (from, above), recent),
            Rows::Wide(rows) => between(rows, among, (from, above), recent),
        }
    }

    /// The first row with these keys.
    #[must_use]
    pub fn first(&self, keys: impl IntoIterator<Item = i64>, recent: &mut Recent) -> Option<i64> {
        let places = self.places(keys, None, recent);
        let mut row = Vec::new();
        self.rows(places.start..places.end.min(places.start.saturating_add(1)), recent, &mut row);
        row.pop()
    }

    /// How many rows share their first `count` keys, at most.
    #[must_use]
    pub fn largest(&self, count: usize) -> usize {
        let last = count.checked_sub(1).and_then(|last| self.digits.get(last));
        let Some(last) = last else { return self.len() };
        let mut largest = Largest::default();
        match &self.rows {
            Rows::All(all) => return *all,
            Rows::By(rows) => rows.each(|entry| largest.add(entry.number(), last.stride)),
            Rows::Wide(rows) => rows.each(|entry| largest.add(entry.number(), last.stride)),
        }
        largest.most
    }
}

/// How many entries that follow each other belong together.
#[derive(Default)]
struct Largest {
    most: usize,
    group: Option<u128>,
    own: usize,
}

impl Largest {
    fn add(&mut self, number: u128, stride: u128) -> bool {
        let of = number.checked_div(stride);
        self.own = if of == self.group { self.own.saturating_add(1) } else { 1 };
        self.group = of;
        self.most = self.most.max(self.own);
        true
    }
}

fn add_rows<E: Numbered>(rows: &Long<E>, places: Range<usize>, recent: &mut Recent, to: &mut Vec<i64>) {
    rows.each_of(places, recent, |entry| {
        to.push(entry.row().into());
        true
    });
}

/// The places whose numbers lie from the first to the second.
fn between<E: Numbered>(
    rows: &Long<E>,
    among: Range<usize>,
    (from, to): (u128, u128),
    recent: &mut Recent,
) -> Range<usize> {
    let start = rows.partition_point(among.clone(), recent, |entry| entry.number() < from);
    let end = rows.partition_point(start..among.end, recent, |entry| entry.number() <= to);
    start..end
}

impl Digit {
    fn of(self, key: i64) -> u128 {
        u128::from(key.abs_diff(self.least)).wrapping_mul(self.stride)
    }
}

/// A key's numbers one after the other.
struct Cursor<'k> {
    key: &'k KeyOf,
    part: usize,
    held: Option<crate::value::Held<'k>>,
    row: usize,
}

impl<'k> Cursor<'k> {
    fn new(key: &'k KeyOf) -> Self {
        Self { key, part: 0, held: None, row: 0 }
    }

    /// The next row's; none too where there is no row.
    fn next(&mut self) -> Option<i64> {
        while self.held.as_ref().is_none_or(|held| self.row >= held.len()) {
            self.held = Some(self.key.column.parts().get(self.part)?.segment());
            self.part = self.part.saturating_add(1);
            self.row = 0;
        }
        let row = self.row;
        self.row = row.saturating_add(1);
        self.key.by.of(self.held.as_ref()?, row)
    }
}

/// Where the rows of each value of the first key begin, where its values lie close together and memory holds all.
fn direct(rows: &Pairs, digit: Digit) -> Option<(i64, Vec<u32>)> {
    let Long::Here(rows) = rows else { return None };
    let values = usize::try_from(digit.most.abs_diff(digit.least)).ok()?.checked_add(1)?;
    (values <= rows.len().saturating_mul(SPREAD)).then_some(())?;
    let mut starts: Vec<u32> = Vec::with_capacity(values.saturating_add(1));
    for (at, (number, _)) in (0_u32..).zip(rows) {
        let value = usize::try_from(u128::from(*number).checked_div(digit.stride)?).ok()?;
        starts.resize(starts.len().max(value.saturating_add(1)), at);
    }
    starts.resize(values.saturating_add(1), u32::try_from(rows.len()).ok()?);
    Some((digit.least, starts))
}

fn found((least, starts): &(i64, Vec<u32>), key: i64) -> Range<usize> {
    let value = key.checked_sub(*least).and_then(|n| usize::try_from(n).ok());
    let place = |at: Option<usize>| at.and_then(|at| starts.get(at)).map(|place| *place as usize);
    match (place(value), place(value.and_then(|v| v.checked_add(1)))) {
        (Some(start), Some(end)) => start..end,
        _ => 0..0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Meaning, Value};
    use proptest::prelude::*;

    fn key(numbers: &[Option<i64>]) -> KeyOf {
        let value = |n: &Option<i64>| Some(n.map_or(Value::Absent, |n| Value::Number(n.into())));
        let values: Vec<Option<Value>> = numbers.iter().map(value).collect();
        let column = Packed::of(&values, None).unwrap();
        assert!(matches!(column.meaning(), Meaning::Number { .. }) || numbers.iter().all(Option::is_none));
        KeyOf { column: Arc::new(column), by: Matched::Times(1) }
    }

    fn rows(groups: &Groups, keys: &[i64], bounds: Option<Bounds>) -> Vec<i64> {
        let mut found = Vec::new();
        let mut recent = Recent::default();
        groups.rows(groups.places(keys.iter().copied(), bounds, &mut recent), &mut recent, &mut found);
        found
    }

    #[test]
    fn rows_are_found_by_all_their_keys_and_within_bounds_of_the_last() {
        let one = key(&[Some(7), Some(1_000_000_000_000), Some(7), None, Some(7), Some(8)]);
        let two = key(&[Some(3), Some(1), Some(1), Some(1), Some(2), Some(2)]);
        let groups = Groups::new(&[one, two], 6);
        assert_eq!(rows(&groups, &[7], None), [2, 4, 0]);
        assert_eq!(rows(&groups, &[7, 2], None), [4]);
        assert_eq!(rows(&groups, &[9], None), [0_i64; 0]);
        assert_eq!(rows(&groups, &[7], Some(Bounds { from: 2, to: i64::MAX })), [4, 0]);
        assert_eq!(rows(&groups, &[7], Some(Bounds { from: 5, to: 1 })), [0_i64; 0]);
        assert_eq!((groups.largest(1), groups.largest(2), groups.largest(0)), (3, 1, 5));
    }

    #[test]
    fn values_that_lie_close_together_are_found_directly() {
        let groups = Groups::new(&[key(&[Some(5), Some(-2), Some(5), Some(0), None])], 5);
        assert!(groups.direct.is_some());
        for (key, found) in
            [(5, vec![0, 2]), (-2, vec![1]), (0, vec![3]), (1, vec![]), (-3, vec![]), (6, vec![])]
        {
            assert_eq!(rows(&groups, &[key], None), found, "{key}");
        }
        assert_eq!(groups.first([5], &mut Recent::default()), Some(0));
        assert_eq!(rows(&groups, &[i64::MIN], None), [0_i64; 0]);
    }

    #[test]
    fn without_keys_all_rows_are_one_group() {
        let groups = Groups::new(&[], 3);
        assert_eq!(rows(&groups, &[], None), [0, 1, 2]);
        assert_eq!(groups.largest(0), 3);
    }

    #[test]
    fn keys_are_told_apart_however_wide_they_are() {
        let wide = || key(&[Some(i64::MIN), Some(i64::MAX)]);
        let two = key(&[Some(0), Some(1)]);
        assert!(fits([&wide(), &two].into_iter()) && fits([&wide()].into_iter()));
        assert!(!fits([&wide(), &two, &wide()].into_iter()));
        let groups = Groups::new(&[wide()], 2);
        assert_eq!(rows(&groups, &[i64::MAX], None), [1]);
        assert_eq!(rows(&groups, &[], Some(Bounds { from: i64::MIN, to: 0 })), [0]);
        assert_eq!(rows(&groups, &[], Some(Bounds::NONE)), [0, 1]);
        // The first key is the same for all rows, and those behind it take all numbers.
        let same = key(&[Some(7), Some(7)]);
        let groups = Groups::new(&[same, wide()], 2);
        for (keys, found) in
            [([7, i64::MAX], vec![1]), ([7, i64::MIN], vec![0]), ([7, 0], vec![]), ([8, 0], vec![])]
        {
            assert_eq!(rows(&groups, &keys, None), found, "{keys:?}");
        }
        assert_eq!(rows(&groups, &[7], Some(Bounds { from: 1, to: i64::MAX })), [1]);
        assert_eq!((groups.largest(1), groups.largest(2)), (2, 1));
        let groups = Groups::new(&[wide(), two], 2);
        assert_eq!(
            (rows(&groups, &[i64::MAX, 1], None), rows(&groups, &[i64::MAX, 0], None)),
            (vec![1], vec![])
        );
    }

    proptest! {
        #[test]
        fn rows_are_those_that_a_look_at_each_finds(
            all in proptest::collection::vec((proptest::option::of(-3_i64..6), proptest::option::of(-90_i64..90)), 1..60),
            one in -4_i64..7, from in -100_i64..100, wide in 0_i64..150,
        ) {
            let (first, second): (Vec<_>, Vec<_>) = all.iter().copied().unzip();
            let groups = Groups::new(&[key(&first), key(&second)], all.len());
            let to = from + wide;
            let fits = |(_, (a, b)): &(i64, &(Option<i64>, Option<i64>))| {
                *a == Some(one) && b.is_some_and(|b| b >= from && b <= to)
            };
            let wanted = (0_i64..).zip(&all).filter(fits);
            let mut wanted: Vec<(i64, i64)> = wanted.map(|(row, (_, b))| (b.unwrap(), row)).collect();
            wanted.sort_unstable();
            let wanted: Vec<i64> = wanted.into_iter().map(|(_, row)| row).collect();
            prop_assert_eq!(rows(&groups, &[one], Some(Bounds { from, to })), wanted);
        }
    }
}
