//! Whether keys repeat, and steps hold, over whole columns.

use crate::eval::key_hashes;
use crate::number::{Num, RoundingMode};
use crate::value::{Cells, Meaning, Packed, Segment, Value};
use std::sync::Arc;

/// Whether no two rows share the values of these columns, where these are there; `ascends` says of each
/// column whether every value is greater than the one before: then none is repeated.
pub fn are_unique(fields: &[Arc<Packed>], key: &[usize], ascends: &[bool]) -> bool {
    if let [only] = key
        && ascends.get(*only) == Some(&true)
    {
        return true;
    }
    let columns: Vec<Cells> =
        key.iter().filter_map(|k| fields.get(*k)).map(|f| Cells::Packed(Arc::clone(f))).collect();
    let same = |a: u32, b: u32| columns.iter().all(|c| c.get(a as usize) == c.get(b as usize));
    let is_there = |row: &u32| columns.iter().any(|c| c.get(*row as usize) != Some(Value::Absent));
    key_hashes(&columns).repeated(|rows| {
        // Rows of one hash are few, but for those without a value, which repeat nothing; a hash shared by many is
        // compared pair by pair all the same.
        let rows: Vec<u32> = rows.iter().copied().filter(is_there).collect();
        rows.iter().enumerate().all(|(i, a)| rows.iter().skip(i.saturating_add(1)).all(|b| !same(*a, *b)))
    })
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
