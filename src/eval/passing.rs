//! Which items a walk goes over, and in which order.

use super::items::{Items, Rows};
use super::machine::{Machine, set};
use super::ordered::{Ordered, in_order};
use super::walks::{Equality, equalities};
use crate::ir::{Expr, ExprKind, Query};
use crate::library::{Fault, FaultKind, room};
use crate::limits::LimitError;
use crate::source::Span;
use crate::value::{Bits, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// Rows of a table that make it worth while to find some by the value of a field.
const WORTH_AN_INDEX: usize = 16;
/// The part of the values that may be held which rows take before they are put in order and away.
const SHARE: u64 = 4;

impl Machine<'_> {
    /// The items that are walked over, and how many there are in all. Where rows can be found by a field that
    /// equals something, only those are among them that can pass.
    pub(super) fn candidates(
        &mut self,
        query: &Query,
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Result<(Items, usize), Box<Fault>> {
        let items = self.items(&query.source, frame, span)?;
        let all = items.len();
        // An explanation tells what is read of each row, and so does an observer: nothing is left out.
        if self.recorder.is_some() || self.observer.is_some() || all < WORTH_AN_INDEX {
            return Ok((items, all));
        }
        let Some((table, equalities)) = equalities(query) else { return Ok((items, all)) };
        let (mut paths, mut values) = (Vec::new(), Vec::new());
        for Equality { path, value } in equalities {
            // Where what a field equals has no value, the walk itself comes to say so, at its place.
            let Ok(value) = self.eval(value, frame) else { break };
            paths.push(path);
            values.push(value);
        }
        if paths.is_empty() {
            return Ok((items, all));
        }
        let by = (table, paths);
        if !self.walks.knows(&by) {
            let cost = u64::try_from(all).unwrap_or(u64::MAX);
            self.account.step(cost).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
        }
        let found = match items {
            Items::List(_) => Items::List(self.walks.rows_with(self.data, by, &values)),
            Items::Rows(..) => self.walks.rows_apart(self.data, by, &values),
        };
        Ok((found, all))
    }

    /// All items of what is walked over.
    pub(super) fn items(
        &mut self,
        source: &Expr,
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Result<Items, Box<Fault>> {
        if let Some(table) = self.beyond_room(source) {
            self.account.step(1).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
            return Ok(Items::all_of(self.data, table));
        }
        match self.eval(source, frame)? {
            Value::List(items) => Ok(Items::List(items)),
            _ => Err(Box::new(Fault { kind: FaultKind::Internal, span })),
        }
    }

    /// The table whose rows a formula stands for, where these are more than may be held at a time and can be
    /// walked over all the same.
    pub(super) fn beyond_room(&self, source: &Expr) -> Option<usize> {
        let ExprKind::Table(table) = source.kind else { return None };
        let is_told = self.recorder.is_some() || self.observer.is_some();
        (!is_told && self.room_for(self.data.len_of(table)).is_err()).then_some(())?;
        self.data.tables.get(table)?.store().map(|_| table)
    }

    /// The items that pass, in order, and how many there are in all.
    pub(super) fn rows(
        &mut self,
        query: &Query,
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Result<(Items, usize), Box<Fault>> {
        let (items, all) = self.candidates(query, frame, span)?;
        if query.filter.is_none() && query.order.is_empty() {
            return Ok((items, all));
        }
        let passing = match &items {
            Items::Rows(table, _) if query.order.is_empty() => {
                self.passing_apart(query, (*table, &items), frame)?
            }
            Items::Rows(table, _) => self.ordered_apart(query, (*table, &items), frame, span)?,
            Items::List(items) => Items::List(self.passing(query, items, frame, span)?),
        };
        Ok((passing, all))
    }

    /// The items of a list that pass, in order.
    fn passing(
        &mut self,
        query: &Query,
        items: &[Value],
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Result<Arc<[Value]>, Box<Fault>> {
        let room = query.order.len().saturating_mul(2).saturating_add(1);
        let mut kept: Vec<Value> = Vec::new();
        let mut keys: Vec<(Vec<Value>, Value)> = Vec::new();
        self.hushed(|machine| {
            for item in items {
                if !machine.passes(query, item, frame)? {
                    continue;
                }
                machine.account.build(room).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
                if query.order.is_empty() {
                    kept.push(item.clone());
                    continue;
                }
                keys.push((machine.keys(query, item, frame)?, item.clone()));
            }
            Ok::<(), Box<Fault>>(())
        })?;
        if !query.order.is_empty() {
            self.sort(query, &mut keys, span)?;
            kept = keys.into_iter().map(|(_, item)| item).collect();
        }
        Ok(kept.into())
    }

    /// Of rows that are more than may be held, those that pass: a bit for each.
    fn passing_apart(
        &mut self,
        query: &Query,
        (table, items): (u32, &Items),
        frame: &mut Vec<Value>,
    ) -> Result<Items, Box<Fault>> {
        let mut passing = Bits::none(self.data.len_of(table as usize));
        let mut count = 0_usize;
        self.hushed(|machine| {
            for item in items.iter() {
                if machine.passes(query, &item, frame)?
                    && let Value::Row { row, .. } = item
                {
                    passing.set(row as usize);
                    count = count.saturating_add(1);
                }
            }
            Ok::<(), Box<Fault>>(())
        })?;
        Ok(Items::Rows(table, Rows::Those(passing, count)))
    }

    /// Of rows that are more than may be held, those that pass, in order: some at a time are put in order and away.
    fn ordered_apart(
        &mut self,
        query: &Query,
        (table, items): (u32, &Items),
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Result<Items, Box<Fault>> {
        let fault = |kind: FaultKind| Box::new(Fault { kind, span });
        let store = self.data.tables.get(table as usize).and_then(|table| table.store());
        let store = Arc::clone(store.ok_or_else(|| fault(FaultKind::Internal))?);
        let descending = query.order.iter().map(|key| key.descending);
        let mut ordered = Ordered::new(&store, descending, self.limits.walked_rows);
        let most_values = self.most_at_a_time();
        let (before, mut count) = (self.account.held(), 0_usize);
        self.hushed(|machine| {
            for item in items.iter() {
                let Value::Row { row, .. } = item else { continue };
                if !machine.passes(query, &item, frame)? {
                    continue;
                }
                let keys = machine.keys(query, &item, frame)?;
                count = count.saturating_add(1);
                let mut held = machine.hold_row(&keys);
                for key in keys.iter().filter(|key| is_long(key)) {
                    held = held.and_then(|()| machine.account.look_through(key));
                }
                held.and_then(|()| ordered.push((keys, row))).map_err(|limit| fault(limit.into()))?;
                if machine.account.held().saturating_sub(before) > most_values {
                    ordered.put_away().map_err(|limit| fault(limit.into()))?;
                    machine.account.release(before);
                }
            }
            Ok::<(), Box<Fault>>(())
        })?;
        self.account.release(before);
        self.account.sort(count, query.order.len()).map_err(|limit| fault(limit.into()))?;
        let runs = ordered.finish().map_err(|limit| fault(limit.into()))?;
        Ok(Items::Rows(table, Rows::InOrder(runs.merged())))
    }

    /// Makes room for what is held of a row until it is put away.
    pub(super) fn hold_row(&self, values: &[Value]) -> Result<(), LimitError> {
        let all = values.iter().map(|value| room(value, u64::MAX).saturating_add(2));
        let all = all.fold(1, u64::saturating_add);
        self.account.build(usize::try_from(all).unwrap_or(usize::MAX))
    }

    /// Values beyond which rows that are held are put away.
    pub(super) fn most_at_a_time(&self) -> u64 {
        self.account.most_values().checked_div(SHARE).unwrap_or(0)
    }

    /// What an item, which is in its slot, is put in order by.
    fn keys(
        &mut self,
        query: &Query,
        item: &Value,
        frame: &mut Vec<Value>,
    ) -> Result<Vec<Value>, Box<Fault>> {
        let mut own = Vec::with_capacity(query.order.len());
        for key in &query.order {
            own.push(self.eval(&key.key, frame).map_err(|f| self.stopped(f, item, &query.source))?);
        }
        Ok(own)
    }

    /// Whether an item passes the filter; it is in its slot afterwards.
    pub(super) fn passes(
        &mut self,
        query: &Query,
        item: &Value,
        frame: &mut Vec<Value>,
    ) -> Result<bool, Box<Fault>> {
        set(frame, query.slot, item.clone());
        match &query.filter {
            Some(filter) => self.truth(filter, frame).map_err(|f| self.stopped(f, item, &query.source)),
            None => Ok(true),
        }
    }

    /// Sorts items by their keys. The sort is stable: ties keep the order of the input.
    fn sort<T>(&self, query: &Query, items: &mut [(Vec<Value>, T)], span: Span) -> Result<(), Box<Fault>> {
        let located = |kind: FaultKind| Box::new(Fault { kind, span });
        self.account.sort(items.len(), query.order.len()).map_err(|e| located(e.into()))?;
        // Each key is compared about as often as a list of so many items can be halved.
        for _ in 0..usize::BITS.saturating_sub(items.len().leading_zeros()) {
            for key in items.iter().flat_map(|(keys, _)| keys).filter(|k| is_long(k)) {
                self.account.look_through(key).map_err(|e| located(e.into()))?;
            }
        }
        let mut unlike = false;
        items.sort_by(|(a, _), (b, _)| {
            let order = in_order((a, b), query.order.iter().map(|key| key.descending));
            unlike |= order.is_none();
            order.unwrap_or(Ordering::Equal)
        });
        if unlike { Err(located(FaultKind::Internal)) } else { Ok(()) }
    }
}

/// Whether comparing a value takes longer than most.
fn is_long(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::List(_) | Value::Record(_))
        || matches!(value, Value::Number(n) if n.long_words() > 0)
}
