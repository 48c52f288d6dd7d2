//! Allocation: exact parts cut down to whole steps, the steps left over given one each to the largest
//! cut-off parts, so that each group's total, cut to a step, is conserved.

use super::compare;
use super::machine::{Machine, set};
use crate::ir::Allocate;
use crate::library::{Fault, FaultKind, in_short};
use crate::limits::LimitError;
use crate::number::{Num, NumError, RoundingMode};
use crate::value::{Type, Value};
use indexmap::IndexMap;
use std::cmp::Ordering;

/// A row's part while its group is being allocated.
pub(super) struct Part {
    /// Its row, or its place in the group.
    row: usize,
    pub exact: Num,
    cut: Num,
    cut_off: Num,
    pub tie: Value,
}

impl Part {
    /// An exact part, cut down to whole steps.
    pub fn new(row: usize, exact: Num, tie: Value, (step, bits): (&Num, u64)) -> Result<Self, NumError> {
        let cut = exact.round_to(step, RoundingMode::Floor, bits)?;
        let cut_off = exact.sub(&cut, bits)?;
        Ok(Self { row, exact, cut, cut_off, tie })
    }
}

/// A group's rows and the exact total of their parts.
#[derive(Default)]
pub(super) struct Group {
    total: Num,
    parts: Vec<Part>,
}

/// How one row came by what it was allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its exact part.
    pub exact: Num,
    /// The step that parts are cut to.
    pub step: Num,
    /// Its part cut down to whole steps.
    pub cut: Num,
    /// What was cut off.
    pub cut_off: Num,
    /// How many rows share the total.
    pub rows: usize,
    /// What was cut off all of them and makes whole steps: it is given out again.
    pub left_over: Num,
    /// How many rows are given one step of that.
    pub winners: usize,
    /// The row's place among all by what was cut off, from 1.
    pub place: usize,
    /// The unit of all of these.
    pub ty: Type,
}

impl Machine<'_> {
    /// Every row's allocation; or the row and the fault that stands in the way of all.
    pub(super) fn allocate(
        &mut self,
        allocate: &Allocate,
        slots: usize,
        table: u32,
        rows: usize,
    ) -> Result<Vec<Num>, (Option<u32>, Box<Fault>)> {
        let span = allocate.parts.span;
        self.room_for(rows).map_err(|limit| (None, Box::new(Fault { kind: limit.into(), span })))?;
        let mut result = vec![Num::ZERO; rows];
        let (groups, step) = self.groups(allocate, slots, table, rows)?;
        let limited = |e: LimitError| (None, Box::new(Fault { kind: e.into(), span }));
        for group in groups {
            self.account.sort(group.parts.len(), 2).map_err(limited)?;
            self.share(group, &step, &mut result)
                .map_err(|e| (None, Box::new(Fault { kind: e.into(), span })))?;
        }
        Ok(result)
    }

    /// How a row came by its allocation.
    pub(super) fn share_of(
        &mut self,
        allocate: &Allocate,
        slots: usize,
        table: u32,
        rows: usize,
        row: usize,
    ) -> Result<Option<Share>, (Option<u32>, Box<Fault>)> {
        let located = |e: NumError| (None, Box::new(Fault { kind: e.into(), span: allocate.parts.span }));
        let (groups, step) = self.groups(allocate, slots, table, rows)?;
        let Some(mut group) = groups.into_iter().find(|g| g.parts.iter().any(|p| p.row == row)) else {
            return Ok(None);
        };
        let left_over = self.left_over(&group, &step).map_err(located)?;
        let winners = left_over.div(&step, self.limits.fraction_bits).map_err(located)?;
        rank(&mut group.parts);
        let rows = group.parts.len();
        let place = group.parts.iter().position(|p| p.row == row);
        Ok(group.parts.into_iter().zip(1_usize..).nth(place.unwrap_or(rows)).map(|(part, place)| Share {
            exact: part.exact,
            step,
            cut: part.cut,
            cut_off: part.cut_off,
            rows,
            left_over,
            winners: winners.to_i64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
            place,
            ty: allocate.parts.ty.clone(),
        }))
    }

    /// The rows that share each total, and the step, which is 1 where there are no rows.
    fn groups(
        &mut self,
        allocate: &Allocate,
        slots: usize,
        table: u32,
        rows: usize,
    ) -> Result<(Vec<Group>, Num), (Option<u32>, Box<Fault>)> {
        let mut step = Num::ONE;
        let mut groups: IndexMap<Value, Group> = IndexMap::new();
        for row in 0..rows {
            let (group, own_step, part) = self.part_of(allocate, slots, (table, row))?;
            let entry = groups.entry(group).or_default();
            self.add(entry, part).map_err(|kind| {
                (u32::try_from(row).ok(), Box::new(Fault { kind, span: allocate.parts.span }))
            })?;
            step = own_step;
        }
        Ok((groups.into_values().collect(), step))
    }

    /// The group of a row, the step, and the row's part.
    pub(super) fn part_of(
        &mut self,
        allocate: &Allocate,
        slots: usize,
        (table, row): (u32, usize),
    ) -> Result<(Value, Num, Part), (Option<u32>, Box<Fault>)> {
        let bits = self.limits.fraction_bits;
        let index = u32::try_from(row).unwrap_or(u32::MAX);
        let mut frame = vec![Value::Absent; slots.max(1)];
        set(&mut frame, 0, Value::Row { table, row: index });
        let located = |fault: Box<Fault>| (Some(index), fault);
        let step = self.number(&allocate.step, &mut frame).map_err(located)?;
        let exact = self.number(&allocate.parts, &mut frame).map_err(located)?;
        let tie = self.eval(&allocate.ties, &mut frame).map_err(located)?;
        let group = match &allocate.within {
            Some(within) => self.eval(within, &mut frame).map_err(located)?,
            None => Value::Absent,
        };
        if !step.is_positive() {
            let kind = FaultKind::BadStep(in_short(&step));
            return Err((Some(index), Box::new(Fault { kind, span: allocate.step.span })));
        }
        let part = Part::new(row, exact, tie, (&step, bits)).map_err(|error| {
            (Some(index), Box::new(Fault { kind: error.into(), span: allocate.parts.span }))
        })?;
        Ok((group, step, part))
    }

    /// Adds a part to its group.
    pub(super) fn add(&self, group: &mut Group, part: Part) -> Result<(), FaultKind> {
        self.account.arithmetic(&group.total, &part.exact)?;
        group.total = group.total.add(&part.exact, self.limits.fraction_bits)?;
        group.parts.push(part);
        Ok(())
    }

    /// What is left of a group's total, in whole steps, once every part is cut.
    fn left_over(&self, group: &Group, step: &Num) -> Result<Num, NumError> {
        let bits = self.limits.fraction_bits;
        let total = group.total.round_to(step, RoundingMode::Floor, bits)?;
        group.parts.iter().try_fold(total, |left, part| left.sub(&part.cut, bits))
    }

    /// Gives each row of a group what it is allocated.
    pub(super) fn share(&self, mut group: Group, step: &Num, result: &mut [Num]) -> Result<(), NumError> {
        let bits = self.limits.fraction_bits;
        let winners = self.left_over(&group, step)?.div(step, bits)?;
        let rows = group.parts.len();
        let winners = winners.to_i64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0).min(rows);
        // Who is among the winners matters, not in which place.
        if let Some(last) = winners.checked_sub(1).filter(|_| winners < rows) {
            group.parts.select_nth_unstable_by(last, by_rank);
        }
        for (place, part) in group.parts.into_iter().enumerate() {
            let own = if place < winners { part.cut.add(step, bits)? } else { part.cut };
            if let Some(slot) = result.get_mut(part.row) {
                *slot = own;
            }
        }
        Ok(())
    }
}

fn rank(parts: &mut [Part]) {
    parts.sort_by(by_rank);
}

/// The largest part cut off first; ties by what the plan says, then in the order of the input.
fn by_rank(a: &Part, b: &Part) -> Ordering {
    let ties = || compare(&a.tie, &b.tie).unwrap_or(Ordering::Equal);
    b.cut_off.cmp(&a.cut_off).then_with(ties).then(a.row.cmp(&b.row))
}
