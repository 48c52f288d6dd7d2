//! Rows of a table by what they hold: put in order once, so that those with a value, or within bounds,
//! are found without looking at the others.

use std::ops::Range;

/// How many places a direct table may have for each row.
const SPREAD: usize = 4;

/// One key of each row, in whole numbers; none for a row that no one looks for.
pub type Keys = Vec<Option<i64>>;

/// Rows in the order of their keys; rows with the same keys in their own order.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// The keys in order, the first key first.
    keys: Vec<Vec<i64>>,
    rows: Vec<u32>,
    /// Where the rows of each value of the first key begin, from the least value on, where its values
    /// lie close together.
    direct: Option<(i64, Vec<u32>)>,
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
    /// Rows by their keys, of which there may be none: then all rows are one group, in their order.
    #[must_use]
    pub fn new(keys: &[Keys], rows: usize) -> Self {
        let whole = |row: &u32| keys.iter().all(|key| key.get(*row as usize).is_some_and(Option::is_some));
        let key_of = |key: &Keys, row: u32| key.get(row as usize).copied().flatten().unwrap_or(0);
        let mut order: Vec<u32> = (0..u32::try_from(rows).unwrap_or(u32::MAX)).filter(whole).collect();
        if !keys.is_empty() {
            // Stable, so that rows with the same keys keep their order.
            order.sort_by(|a, b| {
                let orders = keys.iter().map(|key| key_of(key, *a).cmp(&key_of(key, *b)));
                orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
            });
        }
        let keys: Vec<Vec<i64>> =
            keys.iter().map(|key| order.iter().map(|row| key_of(key, *row)).collect()).collect();
        let direct = keys.first().and_then(|first| direct(first));
        Self { keys, rows: order, direct }
    }

    /// The rows at these places.
    #[must_use]
    pub fn rows(&self, places: Range<usize>) -> &[u32] {
        self.rows.get(places).unwrap_or_default()
    }

    /// The places of all rows.
    #[must_use]
    pub fn all(&self) -> Range<usize> {
        0..self.rows.len()
    }

    /// The rows in order.
    #[must_use]
    pub fn in_order(&self) -> &[u32] {
        &self.rows
    }

    /// The places of rows whose first keys equal these.
    #[must_use]
    pub fn equal(&self, keys: impl IntoIterator<Item = i64>) -> Range<usize> {
        let mut places = self.all();
        for (index, (key, column)) in keys.into_iter().zip(&self.keys).enumerate() {
            places = match &self.direct {
                Some(direct) if index == 0 => found(direct, key),
                _ => narrowed(column, places, Bounds { from: key, to: key }),
            };
        }
        places
    }

    /// Of these places, which have the same first `index` keys, those whose next key lies within bounds.
    #[must_use]
    pub fn within(&self, places: Range<usize>, index: usize, bounds: Bounds) -> Range<usize> {
        match self.keys.get(index) {
            Some(column) => narrowed(column, places, bounds),
            None => places,
        }
    }

    /// The first row with these keys.
    #[must_use]
    pub fn first(&self, keys: impl IntoIterator<Item = i64>) -> Option<i64> {
        self.rows(self.equal(keys)).first().map(|row| i64::from(*row))
    }

    /// How many rows share their first `count` keys, at most.
    #[must_use]
    pub fn largest(&self, count: usize) -> usize {
        let same = |a: usize, b: usize| self.keys.iter().take(count).all(|key| key.get(a) == key.get(b));
        let (mut largest, mut start) = (0, 0);
        for at in 0..self.rows.len() {
            if !same(start, at) {
                start = at;
            }
            largest = largest.max(at.saturating_sub(start).saturating_add(1));
        }
        largest
    }
}

/// Where the rows of each value begin, of a sorted key whose values lie close together.
fn direct(sorted: &[i64]) -> Option<(i64, Vec<u32>)> {
    let (least, most) = (*sorted.first()?, *sorted.last()?);
    let values = usize::try_from(most.checked_sub(least)?).ok()?.checked_add(1)?;
    (values <= sorted.len().saturating_mul(SPREAD)).then_some(())?;
    let mut starts: Vec<u32> = Vec::with_capacity(values.saturating_add(1));
    for (at, key) in (0_u32..).zip(sorted) {
        let value = usize::try_from(key.checked_sub(least)?).ok()?;
        starts.resize(starts.len().max(value.saturating_add(1)), at);
    }
    starts.push(u32::try_from(sorted.len()).ok()?);
    Some((least, starts))
}

fn found((least, starts): &(i64, Vec<u32>), key: i64) -> Range<usize> {
    let value = key.checked_sub(*least).and_then(|n| usize::try_from(n).ok());
    let place = |at: Option<usize>| at.and_then(|at| starts.get(at)).map(|place| *place as usize);
    match (place(value), place(value.and_then(|v| v.checked_add(1)))) {
        (Some(start), Some(end)) => start..end,
        _ => 0..0,
    }
}

/// The places whose numbers lie within bounds; they are in order there.
fn narrowed(column: &[i64], places: Range<usize>, bounds: Bounds) -> Range<usize> {
    let Some(numbers) = column.get(places.clone()) else { return 0..0 };
    let start = numbers.partition_point(|n| *n < bounds.from);
    let end = numbers.partition_point(|n| *n <= bounds.to).max(start);
    places.start.saturating_add(start)..places.start.saturating_add(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_all_their_keys_and_within_bounds_of_the_last() {
        let one = vec![Some(7), Some(1_000_000_000_000), Some(7), None, Some(7), Some(8)];
        let two = vec![Some(3), Some(1), Some(1), Some(1), Some(2), Some(2)];
        let groups = Groups::new(&[one, two], 6);
        assert_eq!(groups.rows(groups.equal([7])), [2, 4, 0]);
        assert_eq!(groups.rows(groups.equal([7, 2])), [4]);
        assert_eq!(groups.rows(groups.equal([9])), [0_u32; 0]);
        let of_seven = groups.within(groups.equal([7]), 1, Bounds { from: 2, to: i64::MAX });
        assert_eq!(groups.rows(of_seven), [4, 0]);
        let none = groups.within(groups.equal([7]), 1, Bounds { from: 5, to: 1 });
        assert_eq!(groups.rows(none), [0_u32; 0]);
        assert_eq!((groups.largest(1), groups.largest(2), groups.largest(0)), (3, 1, 5));
    }

    #[test]
    fn values_that_lie_close_together_are_found_directly() {
        let groups = Groups::new(&[vec![Some(5), Some(-2), Some(5), Some(0), None]], 5);
        assert!(groups.direct.is_some());
        for (key, rows) in
            [(5, vec![0, 2]), (-2, vec![1]), (0, vec![3]), (1, vec![]), (-3, vec![]), (6, vec![])]
        {
            assert_eq!(groups.rows(groups.equal([key])), rows, "{key}");
        }
        assert_eq!(groups.first([5]), Some(0));
        assert_eq!(groups.rows(groups.equal([i64::MIN])), [0_u32; 0]);
    }

    #[test]
    fn without_keys_all_rows_are_one_group() {
        let groups = Groups::new(&[], 3);
        assert_eq!(groups.rows(groups.equal([])), [0, 1, 2]);
        assert_eq!(groups.largest(0), 3);
    }
}
