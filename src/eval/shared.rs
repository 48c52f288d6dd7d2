//! Allocation among more rows than may be held at a time: rows and their parts are put in order by their group, and
//! one group at a time is shared among.

use super::allocate::{Group, Part};
use super::index::key_hash;
use super::machine::Machine;
use super::ordered::{Ordered, Runs};
use crate::ir::{Allocate, Rule};
use crate::library::{Fault, FaultKind};
use crate::number::Num;
use crate::value::{Cells, Gathered, Store, Value};
use std::sync::Arc;

/// Why a row has no part, or, without one, why none has.
type Failed = (Option<u32>, Box<Fault>);

/// The rows of a table, to be allocated among.
pub(super) struct Apart<'r> {
    pub rule: &'r Rule,
    pub allocate: &'r Allocate,
    pub table: u32,
    pub rows: usize,
}

impl Machine<'_> {
    /// Where the parts of a table's rows go, where these are more than may be held at a time.
    pub(super) fn shelf(&self, table: u32, rows: usize) -> Option<Arc<dyn Store>> {
        let is_told = self.recorder.is_some() || self.observer.is_some();
        (!is_told && self.room_for(rows).is_err()).then_some(())?;
        self.data.tables.get(table as usize)?.store().cloned()
    }

    /// Every row's allocation; or the row and the fault that stands in the way of all.
    pub(super) fn allocate_apart(&mut self, of: &Apart<'_>, store: &Arc<dyn Store>) -> Result<Cells, Failed> {
        let (by_group, step) = self.by_group(of, store)?;
        let mut shared = Ordered::new(store, std::iter::empty(), self.limits.walked_rows);
        let mut failed = Ok(());
        let (mut hash, mut alike, before) = (None, Vec::new(), self.account.held());
        by_group.each(|kept, row| {
            let [Value::Number(own), group, Value::Number(exact), tie] =
                <[Value; 4]>::try_from(kept).unwrap_or_default()
            else {
                failed = Err(of.stopped(FaultKind::Internal));
                return false;
            };
            if hash.replace(own.clone()) != Some(own) {
                failed = self.share_alike(of, &step, std::mem::take(&mut alike), &mut shared);
                self.account.release(before);
            }
            let held = self.hold_row(&[group.clone(), tie.clone()]).and_then(|()| self.room_for(alike.len()));
            alike.push((group, row, exact, tie));
            if failed.is_ok()
                && let Err(limit) = held
            {
                failed = Err(of.stopped(limit));
            }
            failed.is_ok()
        });
        failed?;
        self.share_alike(of, &step, alike, &mut shared)?;
        self.account.release(before);
        self.in_rows(of, &shared.finish().map_err(|limit| of.stopped(limit))?, store)
    }

    /// The rows by a hash of their group, with group, part and tie; and the step.
    fn by_group(&mut self, of: &Apart<'_>, store: &Arc<dyn Store>) -> Result<(Runs, Num), Failed> {
        let mut rows = Ordered::new(store, std::iter::once(false), self.limits.walked_rows);
        let mut step = Num::ONE;
        let before = self.account.held();
        for row in 0..of.rows {
            let (group, own_step, part) = self.part_of(of.allocate, of.rule.slots, (of.table, row))?;
            let hash = Value::Number(Num::from_i128(key_hash([&group]).into()));
            let kept = vec![hash, group, Value::Number(part.exact), part.tie];
            let held = self.hold_row(&kept);
            held.and_then(|()| rows.push((kept, u32::try_from(row).unwrap_or(u32::MAX))))
                .map_err(|limit| of.stopped(limit))?;
            if self.account.held().saturating_sub(before) > self.most_at_a_time() {
                rows.put_away().map_err(|limit| of.stopped(limit))?;
                self.account.release(before);
            }
            step = own_step;
        }
        self.account.release(before);
        Ok((rows.finish().map_err(|limit| of.stopped(limit))?, step))
    }

    /// Shares among rows whose groups have the same hash, each with its own.
    fn share_alike(
        &self,
        of: &Apart<'_>,
        step: &Num,
        mut alike: Vec<(Value, u32, Num, Value)>,
        shared: &mut Ordered,
    ) -> Result<(), Failed> {
        let bits = self.limits.fraction_bits;
        while let Some((own, ..)) = alike.first() {
            let own = own.clone();
            let (in_group, others): (Vec<_>, Vec<_>) =
                alike.into_iter().partition(|(group, ..)| *group == own);
            alike = others;
            let (mut group, mut rows) = (Group::default(), Vec::with_capacity(in_group.len()));
            for (place, (_, row, exact, tie)) in in_group.into_iter().enumerate() {
                let fault = |kind| (Some(row), Box::new(Fault { kind, span: of.allocate.parts.span }));
                let part = Part::new(place, exact, tie, (step, bits)).map_err(|e| fault(e.into()))?;
                self.add(&mut group, part).map_err(fault)?;
                rows.push(row);
            }
            self.account.sort(rows.len(), 2).map_err(|e| of.stopped(e))?;
            let mut parts = vec![Num::ZERO; rows.len()];
            self.share(group, step, &mut parts).map_err(|e| of.stopped(e))?;
            let parts = parts.into_iter().map(|part| vec![Value::Number(part)]);
            parts.zip(rows).try_for_each(|part| shared.push(part)).map_err(|limit| of.stopped(limit))?;
        }
        Ok(())
    }

    /// Parts in the order of their rows, once all lie within the rule's range.
    fn in_rows(&self, of: &Apart<'_>, shared: &Runs, store: &Arc<dyn Store>) -> Result<Cells, Failed> {
        let starts = self.data.tables.get(of.table as usize).map(|table| table.starts());
        let mut values = Gathered::new(&of.rule.ty, &starts.unwrap_or_default(), Some(store));
        let mut failed = Ok(());
        shared.each(|mut kept, row| {
            let value = kept.pop().unwrap_or_default();
            failed = self.within(of.rule, &value).map_err(|fault| (Some(row), fault));
            values.push(Some(value));
            failed.is_ok()
        });
        failed.map(|()| Cells::Packed(Arc::new(values.finish())))
    }
}

impl Apart<'_> {
    /// A fault that stands in the way of all rows.
    fn stopped(&self, kind: impl Into<FaultKind>) -> Failed {
        (None, Box::new(Fault { kind: kind.into(), span: self.allocate.parts.span }))
    }
}
