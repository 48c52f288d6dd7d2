//! Allocation within groups among more rows than memory holds: rows are put in order by their group, and one
//! group at a time is shared among.

use super::allocate::{Lowered, Sharing, Ties};
use super::engine::Engine;
use super::lower::{Figure, Key, Lowering, What, alike};
use super::number::{Range, Scaled};
use super::program::Reg;
use super::store::{Stored, gathered};
use crate::progress::Watched;
use crate::value::{Filling, Meaning, Packed, PairsOf, Part, Segment, Sorter, Value};
use std::sync::Arc;

/// What is known of the rows of a table, each in a column.
pub(super) struct Columns {
    parts: Packed,
    ties: Option<Packed>,
    groups: Packed,
}

impl Columns {
    /// Works the columns out; none where some row has no part.
    pub(super) fn of(lowering: &mut Lowering<'_, '_, '_>, lowered: &Lowered, table: usize) -> Option<Self> {
        let plain =
            |reg: Reg| What::Number(Scaled { reg, range: Range::REGISTER, times: 1, over: 1, by: None });
        let mut parts = Figure::sure(plain(lowered.parts.reg));
        parts.doubt = lowered.doubt;
        let mut stored = vec![Stored::new(&parts, lowering)?];
        for key in [&lowered.ties, &lowered.groups] {
            if let Key::Numbers(reg) = key {
                stored.push(Stored::new(&Figure::sure(plain(*reg)), lowering)?);
            }
        }
        let ops = std::mem::take(&mut lowering.ops);
        let found = gathered(&mut *lowering.engine, table, ops, &mut stored, Watched::default())?;
        let mut found = found.into_iter();
        let parts = found.next().filter(|parts| !parts.parts().iter().any(Part::has_odd))?;
        let ties = match &lowered.ties {
            Key::Numbers(_) => Some(found.next()?),
            Key::Same | Key::Text(_) => None,
        };
        let groups = match &lowered.groups {
            Key::Numbers(_) => found.next()?,
            Key::Text(column) => alike(column, column)?.1,
            Key::Same => return None,
        };
        Some(Self { parts, ties, groups })
    }
}

impl Engine<'_, '_> {
    /// Whole steps for each row, packed; none where something does not fit, or a group is more than memory holds.
    pub(super) fn shared_within(
        &mut self,
        (lowered, columns): (&Lowered, &Columns),
        (times, over): (i128, i128),
        starts: &[usize],
    ) -> Option<Packed> {
        let store = columns.groups.store().or_else(|| columns.parts.store())?;
        let mut by_group = PairsOf::new(Some(store));
        let mut row = 0_u32;
        for segment in columns.groups.segments() {
            for at in 0..segment.len() {
                let group = segment.number_at(at)??;
                by_group.push((group.cast_unsigned(), row));
                row = row.saturating_add(1);
            }
        }
        let mut steps: Sorter<(u32, i64)> = Sorter::new(Some(store));
        let (mut own, mut rows): (Option<u64>, Vec<u32>) = (None, Vec::new());
        let mut fits = true;
        by_group.finish().in_order(|group, row| {
            if own.replace(group) != Some(group) {
                fits = fits && share((lowered, columns), (times, over), &rows, &mut steps).is_some();
                rows.clear();
            }
            rows.push(row);
            fits = fits && self.machine.has_room_for(rows.len());
            fits
        });
        fits = fits && share((lowered, columns), (times, over), &rows, &mut steps).is_some();
        fits.then_some(())?;
        let (above, below) = lowered.step;
        let meaning = Meaning::Number { times: i64::try_from(above).ok()?, over: i64::try_from(below).ok()? };
        let mut parts = Vec::with_capacity(starts.len());
        let (mut numbers, mut ends) = (Vec::new(), starts.iter().skip(1));
        let mut end = ends.next().copied()?;
        steps.finish().each(|(row, steps)| {
            numbers.push(steps);
            if (row as usize).saturating_add(1) >= end {
                let segment = Segment::new(Filling::Numbers(&numbers), None, Vec::new());
                parts.push(Part::stored(segment, Some(store)));
                numbers.clear();
                end = ends.next().copied().unwrap_or(usize::MAX);
            }
            true
        });
        numbers.is_empty().then(|| Packed::of_parts(meaning, parts, Some(Arc::clone(store))))
    }
}

/// Gives each row of a group its whole steps; none where something does not fit.
fn share(
    (lowered, columns): (&Lowered, &Columns),
    (times, over): (i128, i128),
    rows: &[u32],
    steps: &mut Sorter<(u32, i64)>,
) -> Option<()> {
    let numbers = |column: &Packed| {
        let numbers = column.numbers(rows.iter().map(|row| *row as usize));
        numbers.into_iter().collect::<Option<Vec<i64>>>()
    };
    let ties = match (&columns.ties, &lowered.ties) {
        (Some(column), _) => Ties::Numbers(numbers(column)?),
        (None, Key::Text(column)) => {
            let text = |row: &u32| match column.get(*row as usize)? {
                Value::Text(text) => Some(text),
                _ => None,
            };
            Ties::Owned(rows.iter().map(text).collect::<Option<_>>()?)
        }
        (None, _) => Ties::None,
    };
    let mut sharing =
        Sharing { parts: numbers(&columns.parts)?, times, over, ties, steps: vec![0; rows.len()] };
    // Within the group rows go by their place, which keeps their order.
    let places: Vec<u32> = (0..u32::try_from(rows.len()).ok()?).collect();
    sharing.share_exactly(&places)?;
    rows.iter().zip(&sharing.steps).for_each(|(row, own)| steps.push((*row, *own)));
    Some(())
}
