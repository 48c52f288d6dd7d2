//! Whether keys repeat, and steps hold, over whole columns.

use crate::eval::Index;
use crate::number::{Num, RoundingMode};
use crate::value::{Cells, Meaning, Packed, Segment, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// Whether no two rows share the values of these columns, where these are there; `ascends` says of each
/// column whether every value is greater than the one before: then none is repeated.
pub fn are_unique(fields: &[Arc<Packed>], key: &[usize], ascends: &[bool]) -> bool {
    if let [only] = key
        && ascends.get(*only) == Some(&true)
    {
        return true;
    }
    if let [only] = key
        && let Some(unique) = fields.get(*only).and_then(|column| unique_but_for_strays(column))
    {
        return unique;
    }
    let columns: Vec<Cells> =
        key.iter().filter_map(|k| fields.get(*k)).map(|f| Cells::Packed(Arc::clone(f))).collect();
    let same = |a: u32, b: u32| columns.iter().all(|c| c.get(a as usize) == c.get(b as usize));
    let (mut at, mut of_hash, mut is_unique) = (None, Vec::new(), true);
    Index::of_columns(columns.clone()).each_hashed(|hash, row| {
        if at.replace(hash) != Some(hash) {
            of_hash.clear();
        }
        // Rows of one hash that differ are few.
        is_unique = !of_hash.iter().any(|other| same(*other, row));
        of_hash.push(row);
        is_unique
    });
    is_unique
}

/// Rows that may stand out of order in a column whose values ascend.
const STRAYS: usize = 256;

/// Whether no value is repeated in a column whose values ascend but for a few rows, each of which is looked for
/// among the others; none where more rows stand out of order, or some row has no value, or an odd one.
fn unique_but_for_strays(column: &Packed) -> Option<bool> {
    let strays = strays(column)?;
    let values: Vec<Value> = strays.iter().map(|row| column.get(*row)).collect::<Option<_>>()?;
    for (at, value) in values.iter().enumerate() {
        let is_repeated = values.iter().take(at).any(|other| other == value);
        if is_repeated || stands_among(column, &strays, value)? {
            return Some(false);
        }
    }
    Some(true)
}

/// The rows whose value is no greater than one before, all others taken as they come.
fn strays(column: &Packed) -> Option<Vec<usize>> {
    let mut strays: Vec<usize> = Vec::new();
    let (mut text, mut number, mut is_first): (Vec<u8>, i64, bool) = (Vec::new(), i64::MIN, true);
    for (segment, start) in column.segments().zip(column.starts()) {
        (segment.absent().is_none() && segment.odd().is_empty()).then_some(())?;
        let mut last: &[u8] = &text;
        for at in 0..segment.len() {
            let ascends = match column.meaning() {
                Meaning::Text => {
                    let own = segment.text_bytes(at)?;
                    let ascends = is_first || own > last;
                    last = if ascends { own } else { last };
                    ascends
                }
                Meaning::Number { .. } | Meaning::Date => {
                    let own = segment.number(at);
                    let ascends = is_first || own > number;
                    number = number.max(own);
                    ascends
                }
                _ => return None,
            };
            is_first = false;
            if !ascends {
                strays.push(start.saturating_add(at));
                (strays.len() <= STRAYS).then_some(())?;
            }
        }
        text = last.to_vec();
    }
    Some(strays)
}

/// Whether a value is that of a row of a column that ascends without some rows, which are in order.
fn stands_among(column: &Packed, strays: &[usize], wanted: &Value) -> Option<bool> {
    let (mut low, mut high) = (0, column.len());
    while low < high {
        let middle = low.midpoint(high);
        let Some(row) = (middle..high).find(|row| strays.binary_search(row).is_err()) else {
            high = middle;
            continue;
        };
        match order(&column.get(row)?, wanted)? {
            Ordering::Equal => return Some(true),
            Ordering::Less => low = row.saturating_add(1),
            Ordering::Greater => high = middle,
        }
    }
    Some(false)
}

/// The order of values in which columns are said to ascend; none of values that have none.
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Whether a number is a multiple of a step. A finite decimal needs few bits; what needs more is left to
/// the ordinary reader.
pub fn is_multiple(n: &Num, step: &Num) -> bool {
    n.round_to(step, RoundingMode::Floor, 1 << 14).is_ok_and(|down| down == *n)
}

/// Whether every number of a column is a multiple of a step.
pub fn are_multiples(column: &Packed, step: &Num) -> bool {
    let multiple = |n: &Num| is_multiple(n, step);
    let Meaning::Number { times, over } = *column.meaning() else { return true };
    let odd = |segment: &Segment| {
        segment.odd().iter().all(|(_, v)| match v {
            Some(Value::Number(n)) => multiple(n),
            _ => true,
        })
    };
    if !column.parts().iter().filter(|part| part.has_odd()).all(|part| odd(&part.segment())) {
        return false;
    }
    // Where the column's own unit is a multiple of the step, so is every number of it.
    if Num::from_scaled_ratio(1, times, over).is_some_and(|unit| multiple(&unit)) {
        return true;
    }
    column.segments().all(|segment| {
        (0..segment.len()).all(|row| {
            if segment.absent().is_some_and(|a| a.get(row)) || segment.odd_at(row).is_some() {
                return true;
            }
            Num::from_scaled_ratio(segment.number(row), times, over).is_some_and(|n| multiple(&n))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(values: &[u32]) -> Vec<Option<Value>> {
        values.iter().map(|n| Some(Value::Text(format!("E{n:04}").into()))).collect()
    }

    #[test]
    fn rows_out_of_order_are_looked_for_among_the_others() {
        let mut values: Vec<u32> = (0..50_000).collect();
        let column = |values: &[u32]| Packed::of(&texts(values), None).unwrap();
        // Five digits come before four that are greater: nothing but the rows before them ascends.
        assert_eq!(unique_but_for_strays(&column(&values)), None);
        values.truncate(10_020);
        assert_eq!(unique_but_for_strays(&column(&values)), Some(true));
        for (at, again) in [(10_019, 3), (10_010, 10_012), (7, 6)] {
            let mut repeated = values.clone();
            repeated[at] = again;
            assert_eq!(unique_but_for_strays(&column(&repeated)), Some(false), "{again}");
        }
        // Behind one that is greater than most, most stand out of order.
        values[3] = 9_999;
        assert_eq!(unique_but_for_strays(&column(&values)), None);
    }

    proptest! {
        #[test]
        fn what_is_repeated_is_found(
            start in 0_u32..100, strays in proptest::collection::vec((0_usize..300, 0_u32..500), 0..6),
            text: bool,
        ) {
            let mut values: Vec<u32> = (0..300).map(|n| start + n).collect();
            for (at, value) in &strays {
                values[*at] = *value;
            }
            let packed = if text {
                texts(&values)
            } else {
                values.iter().map(|n| Some(Value::Number(i64::from(*n).into()))).collect()
            };
            let mut sorted = values.clone();
            sorted.sort_unstable();
            sorted.dedup();
            if let Some(unique) = unique_but_for_strays(&Packed::of(&packed, None).unwrap()) {
                prop_assert_eq!(unique, sorted.len() == values.len());
            }
        }
    }
}
