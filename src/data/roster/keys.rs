//! Whether keys repeat, and steps hold, over whole columns.

use crate::eval::key_hashes;
use crate::number::{Num, RoundingMode};
use crate::value::{Cells, Meaning, Packed, Segment, Value};
use std::sync::Arc;

/// Whether no two rows share the values of these columns.
pub fn are_unique(fields: &[Arc<Packed>], key: &[usize]) -> bool {
    let columns: Vec<Cells> =
        key.iter().filter_map(|k| fields.get(*k)).map(|f| Cells::Packed(Arc::clone(f))).collect();
    if let [Cells::Packed(only)] = columns.as_slice()
        && ascend(only)
    {
        return true;
    }
    let hashes = key_hashes(&columns);
    let same = |a: u32, b: u32| columns.iter().all(|c| c.get(a as usize) == c.get(b as usize));
    hashes.chunk_by(|a, b| a.0 == b.0).all(|group| {
        // Rows of one hash are few; a hash shared by many is compared pair by pair all the same.
        group.iter().enumerate().all(|(i, a)| group.iter().skip(i.saturating_add(1)).all(|b| !same(a.1, b.1)))
    })
}

/// Whether each row's value is greater than the one before: then none is repeated.
fn ascend(column: &Packed) -> bool {
    let plain = column.segments().iter().all(|s| s.odd().is_empty() && s.absent().is_none());
    if !plain {
        return false;
    }
    match column.meaning() {
        Meaning::Text => {
            let texts =
                column.segments().iter().flat_map(|s| (0..s.len()).filter_map(|row| s.text_bytes(row)));
            texts.clone().zip(texts.skip(1)).all(|(a, b)| a < b)
        }
        Meaning::Number { .. } | Meaning::Date => {
            let numbers = column.segments().iter().flat_map(|s| (0..s.len()).map(|row| s.number(row)));
            numbers.clone().zip(numbers.skip(1)).all(|(a, b)| a < b)
        }
        _ => false,
    }
}

/// Whether every number of a column is a multiple of a step.
pub fn are_multiples(column: &Packed, step: &Num) -> bool {
    let multiple = |n: &Num| {
        // A finite decimal needs few bits; what needs more is left to the ordinary reader.
        n.round_to(step, RoundingMode::Floor, 1 << 14).is_ok_and(|down| down == *n)
    };
    let Meaning::Number { times, over } = *column.meaning() else { return true };
    let odd = column.segments().iter().flat_map(Segment::odd).all(|(_, v)| match v {
        Some(Value::Number(n)) => multiple(n),
        _ => true,
    });
    if !odd {
        return false;
    }
    // Where the column's own unit is a multiple of the step, so is every number of it.
    if Num::from_scaled_ratio(1, times, over).is_some_and(|unit| multiple(&unit)) {
        return true;
    }
    column.segments().iter().all(|segment| {
        (0..segment.len()).all(|row| {
            if segment.absent().is_some_and(|a| a.get(row)) || segment.odd_at(row).is_some() {
                return true;
            }
            Num::from_scaled_ratio(segment.number(row), times, over).is_some_and(|n| multiple(&n))
        })
    })
}
