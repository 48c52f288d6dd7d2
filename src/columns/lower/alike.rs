//! Texts of columns as whole numbers, the same for those that are alike.

use crate::eval::Firsts;
use crate::value::{Bits, Filling, Held, Meaning, Packed, Part, Segment, Value};
use indexmap::IndexMap;
use std::sync::Arc;

/// What numbers stand for that are only compared.
const NUMBERS: Meaning = Meaning::Number { times: 1, over: 1 };

/// For each text of a column its place among some values, which may be none of them.
pub(super) fn codes_of(column: &Packed, values: &[Value]) -> Packed {
    let texts = values.iter().zip(0_i64..);
    let codes: IndexMap<&[u8], i64> = texts
        .filter_map(|(value, code)| match value {
            Value::Text(text) => Some((text.as_bytes(), code)),
            _ => None,
        })
        .collect();
    by_segment(column, |segment| {
        (0..segment.len()).map(|row| codes.get(text_of(segment, row)?).copied()).collect()
    })
}

/// Numbers for the texts of two columns, of which nothing is odd, the same for the same texts; those of the first that the second does
/// not have are below zero. None where that is not known.
pub fn alike(own: &Packed, column: &Packed) -> Option<(Packed, Packed)> {
    if own.store().is_some() || column.store().is_some() {
        return alike_apart(own, column);
    }
    let held: Vec<Held<'_>> = column.segments().collect();
    let mut codes: IndexMap<&[u8], i64> = IndexMap::new();
    for segment in &held {
        for text in (0..segment.len()).filter_map(|row| text_of(segment, row)) {
            let next = i64::try_from(codes.len()).ok()?;
            codes.entry(text).or_insert(next);
        }
    }
    let coded = |segment: &Segment| {
        (0..segment.len()).map(|row| codes.get(text_of(segment, row)?).copied()).collect()
    };
    Some((by_segment(own, |segment| none_below_zero(coded(segment))), by_segment(column, coded)))
}

/// The same where the columns may be put away: what stands for a text is the first row of the second that has it.
fn alike_apart(own: &Packed, column: &Packed) -> Option<(Packed, Packed)> {
    let firsts = Firsts::of(column);
    let first = |of: &Packed, segment: &Segment| {
        let rows = firsts.rows(of, segment).into_iter();
        rows.map(|row| row.map(i64::from)).collect::<Vec<_>>()
    };
    let all = by_segment(column, |segment| first(column, segment));
    // A text that is not found shares its hash with another.
    (absent(&all) == absent(column)).then_some(())?;
    Some((by_segment(own, |segment| none_below_zero(first(own, segment))), all))
}

/// The texts of a column in memory, of which nothing is odd, in their order; and each row's place among them.
pub(super) fn in_order(column: &Packed) -> Option<(Packed, Vec<Arc<str>>)> {
    let held: Vec<Held<'_>> = column.segments().collect();
    let mut places: IndexMap<&[u8], i64> = IndexMap::new();
    for segment in &held {
        (0..segment.len()).filter_map(|row| text_of(segment, row)).for_each(|text| {
            places.entry(text).or_insert(0);
        });
    }
    places.sort_unstable_keys();
    places.values_mut().zip(0..).for_each(|(place, next)| *place = next);
    let texts =
        places.keys().map(|text| std::str::from_utf8(text).ok().map(Arc::from)).collect::<Option<_>>()?;
    let of_rows = |segment: &Segment| {
        (0..segment.len()).map(|row| places.get(text_of(segment, row)?).copied()).collect()
    };
    Some((by_segment(column, of_rows), texts))
}

/// How many rows are absent.
fn absent(column: &Packed) -> usize {
    let parts = column.parts().iter().filter(|part| part.has_absent());
    parts
        .map(|part| part.segment().absent().map_or(0, |bits| bits.rows().count()))
        .fold(0, usize::saturating_add)
}

/// A row's text; none where it is absent.
fn text_of(segment: &Segment, row: usize) -> Option<&[u8]> {
    if segment.absent().is_some_and(|bits| bits.get(row)) { None } else { segment.text_bytes(row) }
}

/// A column of whole numbers, segment by segment.
fn by_segment(column: &Packed, mut numbers: impl FnMut(&Segment) -> Vec<Option<i64>>) -> Packed {
    let stored = |numbers: Vec<Option<i64>>| {
        let mut absent = Bits::none(numbers.len());
        numbers.iter().enumerate().filter(|(_, n)| n.is_none()).for_each(|(row, _)| absent.set(row));
        let numbers: Vec<i64> = numbers.into_iter().map(Option::unwrap_or_default).collect();
        let segment = Segment::new(Filling::Numbers(&numbers), Some(absent), Vec::new());
        Part::stored(segment, column.store())
    };
    let parts = column.segments().map(|segment| stored(numbers(&segment))).collect();
    Packed::of_parts(NUMBERS, parts, column.store().cloned())
}

/// The same numbers, with -1 where there is none.
fn none_below_zero(numbers: Vec<Option<i64>>) -> Vec<Option<i64>> {
    numbers.into_iter().map(|n| n.or(Some(-1))).collect()
}
