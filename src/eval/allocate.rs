//! Allocation: exact parts cut down to whole steps, the steps left over given one each to the largest
//! cut-off parts, so that each group's total, cut to a step, is conserved.

use super::compare;
use super::machine::Machine;
use crate::ir::Allocate;
use crate::library::{Fault, FaultKind};
use crate::number::{Num, RoundingMode};
use crate::value::Value;
use indexmap::IndexMap;

/// A row's part while its group is being allocated.
struct Part {
    row: usize,
    cut: Num,
    cut_off: Num,
    tie: Value,
}

/// A group's rows and the exact total of their parts.
#[derive(Default)]
struct Group {
    total: Num,
    parts: Vec<Part>,
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
        let bits = self.limits.fraction_bits;
        let span = allocate.parts.span;
        let mut step = None;
        let mut groups: IndexMap<Value, Group> = IndexMap::new();
        for row in 0..rows {
            let index = u32::try_from(row).unwrap_or(u32::MAX);
            let mut frame = vec![Value::Absent; slots.max(1)];
            self.set(&mut frame, 0, Value::Row { table, row: index });
            let located = |fault: Box<Fault>| (Some(index), fault);
            let own_step = self.number(&allocate.step, &mut frame).map_err(located)?;
            let exact = self.number(&allocate.parts, &mut frame).map_err(located)?;
            let tie = self.eval(&allocate.ties, &mut frame).map_err(located)?;
            let group = match &allocate.within {
                Some(within) => self.eval(within, &mut frame).map_err(located)?,
                None => Value::Absent,
            };
            let arithmetic = |error: crate::number::NumError| {
                (Some(index), Box::new(Fault { kind: error.into(), span }))
            };
            if !own_step.is_positive() {
                let kind = FaultKind::BadStep(own_step.to_string());
                return Err((Some(index), Box::new(Fault { kind, span: allocate.step.span })));
            }
            let cut = exact.round_to(&own_step, RoundingMode::Floor, bits).map_err(arithmetic)?;
            let cut_off = exact.sub(&cut, bits).map_err(arithmetic)?;
            let entry = groups.entry(group).or_default();
            entry.total = entry.total.add(&exact, bits).map_err(arithmetic)?;
            entry.parts.push(Part { row, cut, cut_off, tie });
            step = Some(own_step);
        }
        let mut result = vec![Num::ZERO; rows];
        let Some(step) = step else { return Ok(result) };
        for group in groups.into_values() {
            self.share(group, &step, &mut result).map_err(|e| (None, Box::new(Fault { kind: e.into(), span })))?;
        }
        Ok(result)
    }

    fn share(&self, mut group: Group, step: &Num, result: &mut [Num]) -> Result<(), crate::number::NumError> {
        let bits = self.limits.fraction_bits;
        let mut left = group.total.round_to(step, RoundingMode::Floor, bits)?;
        for part in &group.parts {
            left = left.sub(&part.cut, bits)?;
        }
        group.parts.sort_by(|a, b| b.cut_off.cmp(&a.cut_off).then_with(|| compare(&a.tie, &b.tie)).then(a.row.cmp(&b.row)));
        for part in group.parts {
            let mut own = part.cut;
            if left >= *step {
                own = own.add(step, bits)?;
                left = left.sub(step, bits)?;
            }
            if let Some(slot) = result.get_mut(part.row) {
                *slot = own;
            }
        }
        Ok(())
    }
}
