//! Walks over rows: queries and folds.

use super::compare;
use super::machine::{Evaluated, Machine, set};
use super::trace::{Event, Walk};
use super::walks::{Equality, equality};
use crate::ir::{Expr, Query};
use crate::library::{Fault, FaultKind};
use crate::source::Span;
use crate::value::{Type, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// Rows of a table that make it worth while to find some by the value of a field.
const WORTH_AN_INDEX: usize = 16;
/// Values that a fold may leave behind before its state is looked at.
const RARELY: u64 = 1_000;

impl Machine<'_> {
    /// The list that is walked over, and how many items it has. Where rows can be found by a field that
    /// equals something, only those are in it that can pass.
    fn candidates(
        &mut self,
        query: &Query,
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Result<(Arc<[Value]>, usize), Box<Fault>> {
        let Value::List(items) = self.eval(&query.source, frame)? else {
            return Err(Box::new(Fault { kind: FaultKind::Internal, span }));
        };
        let all = items.len();
        // An explanation tells what is read of each row, so nothing is left out of it.
        if self.recorder.is_some() || all < WORTH_AN_INDEX {
            return Ok((items, all));
        }
        let Some(Equality { table, field, value }) = equality(query) else { return Ok((items, all)) };
        // Where what the field equals has no value, the walk itself comes to say so, at its place.
        let Ok(value) = self.eval(value, frame) else { return Ok((items, all)) };
        if !self.walks.knows(table, field) {
            let cost = u64::try_from(all).unwrap_or(u64::MAX);
            self.account.step(cost).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
        }
        Ok((self.walks.rows_with(self.data, (table, field), &value), all))
    }

    /// The items that pass, in order, and how many there are in all.
    fn rows(
        &mut self,
        query: &Query,
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Result<(Arc<[Value]>, usize), Box<Fault>> {
        let (items, all) = self.candidates(query, frame, span)?;
        if query.filter.is_none() && query.order.is_empty() {
            return Ok((items, all));
        }
        let room = query.order.len().saturating_mul(2).saturating_add(1);
        let mut kept: Vec<Value> = Vec::new();
        let mut keys: Vec<(Vec<Value>, Value)> = Vec::new();
        self.hushed(|machine| {
            for item in items.iter() {
                if !machine.passes(query, item, frame)? {
                    continue;
                }
                machine.account.build(room).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
                if query.order.is_empty() {
                    kept.push(item.clone());
                    continue;
                }
                let mut own = Vec::with_capacity(query.order.len());
                for key in &query.order {
                    let key =
                        machine.eval(&key.key, frame).map_err(|f| machine.stopped(f, item, &query.source))?;
                    own.push(key);
                }
                keys.push((own, item.clone()));
            }
            Ok::<(), Box<Fault>>(())
        })?;
        if !query.order.is_empty() {
            self.sort(query, &mut keys, span)?;
            kept = keys.into_iter().map(|(_, item)| item).collect();
        }
        Ok((kept.into(), all))
    }

    /// Whether an item passes the filter; it is in its slot afterwards.
    fn passes(&mut self, query: &Query, item: &Value, frame: &mut Vec<Value>) -> Result<bool, Box<Fault>> {
        set(frame, query.slot, item.clone());
        match &query.filter {
            Some(filter) => self.truth(filter, frame).map_err(|f| self.stopped(f, item, &query.source)),
            None => Ok(true),
        }
    }

    /// Sorts items by their keys. The sort is stable: ties keep the order of the input.
    fn sort(&self, query: &Query, items: &mut [(Vec<Value>, Value)], span: Span) -> Result<(), Box<Fault>> {
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
            let keys = a.iter().zip(b).zip(&query.order);
            keys.map(|((a, b), key)| {
                let order = if key.descending { compare(b, a) } else { compare(a, b) };
                unlike |= order.is_none();
                order.unwrap_or(Ordering::Equal)
            })
            .find(|o| *o != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
        });
        if unlike { Err(located(FaultKind::Internal)) } else { Ok(()) }
    }

    /// A list made of rows.
    pub(super) fn query(&mut self, query: &Query, frame: &mut Vec<Value>, span: Span) -> Evaluated {
        let (rows, all) = self.rows(query, frame, span)?;
        self.list_length(rows.len()).map_err(|kind| Box::new(Fault { kind, span }))?;
        self.account.build(rows.len()).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
        let mut walk = self.listens().then(|| walk_of(query, span, all, rows.len()));
        let values = self.hushed(|machine| {
            let mut values = Vec::with_capacity(rows.len());
            for row in rows.iter() {
                set(frame, query.slot, row.clone());
                let before = machine.account.held();
                let value =
                    machine.eval(&query.value, frame).map_err(|f| machine.stopped(f, row, &query.source))?;
                machine.account.settle(before, &value);
                if let Some(walk) = &mut walk {
                    walk.keep(row, &value);
                }
                values.push(value);
            }
            Ok::<_, Box<Fault>>(values)
        })?;
        set(frame, query.slot, Value::Absent);
        self.walked(walk);
        Ok(Value::List(values.into()))
    }

    /// Whether some item (or, with `some` false, every item) is true; it stops where that is decided.
    pub(super) fn quantify(
        &mut self,
        query: &Query,
        frame: &mut Vec<Value>,
        span: Span,
        some: bool,
    ) -> Evaluated {
        let (items, all) = match query.order.as_slice() {
            [] => self.candidates(query, frame, span)?,
            _ => self.rows(query, frame, span)?,
        };
        // What is put in order has passed already.
        let passed_before = !query.order.is_empty();
        let mut walk = self.listens().then(|| walk_of(query, span, all, 0));
        let answer = self.hushed(|machine| {
            let mut decided = false;
            for item in items.iter() {
                if decided {
                    // An explanation tells how many there are; a fault behind the one that decided is none.
                    let counts = passed_before || machine.passes(query, item, frame).unwrap_or(false);
                    walk.iter_mut().filter(|_| counts).for_each(|w| w.passed = w.passed.saturating_add(1));
                    continue;
                }
                if passed_before {
                    set(frame, query.slot, item.clone());
                } else if !machine.passes(query, item, frame)? {
                    continue;
                }
                walk.iter_mut().for_each(|w| w.passed = w.passed.saturating_add(1));
                let answer = machine.truth(&query.value, frame);
                if answer.map_err(|f| machine.stopped(f, item, &query.source))? == some {
                    // The item that decided is the only one that matters.
                    decided = true;
                    match &mut walk {
                        Some(walk) => walk.keep(item, &Value::Bool(some)),
                        None => break,
                    }
                }
            }
            Ok::<_, Box<Fault>>(Value::Bool(decided == some))
        })?;
        set(frame, query.slot, Value::Absent);
        self.walked(walk);
        Ok(answer)
    }

    /// The state after the last row, or every state.
    pub(super) fn fold(
        &mut self,
        slot: usize,
        initial: &Expr,
        query: &Query,
        running: bool,
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Evaluated {
        let mut state = self.eval(initial, frame)?;
        let (rows, all) = self.rows(query, frame, span)?;
        let mut walk = self.listens().then(|| walk_of(query, span, all, rows.len()));
        let mut states = Vec::new();
        if running {
            self.account.build(rows.len()).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
        }
        let start = self.account.held();
        let mut weighed = start;
        self.hushed(|machine| {
            for row in rows.iter() {
                set(frame, slot, state.clone());
                set(frame, query.slot, row.clone());
                let before = machine.account.held();
                let next = machine.eval(&query.value, frame);
                state = next.map_err(|f| machine.stopped(f, row, &query.source))?;
                if running {
                    machine.account.settle(before, &state);
                    states.push(state.clone());
                } else if machine.account.held() > weighed {
                    // Only the last state is held: once there may be twice as much, it is looked at anew.
                    machine.account.settle(start, &state);
                    let own = machine.account.held().saturating_sub(start);
                    weighed = machine.account.held().saturating_add(own).saturating_add(RARELY);
                }
                if let Some(walk) = &mut walk {
                    walk.keep(row, &state);
                }
            }
            Ok::<(), Box<Fault>>(())
        })?;
        set(frame, slot, Value::Absent);
        set(frame, query.slot, Value::Absent);
        if let Some(walk) = &mut walk {
            walk.states = true;
            if !running {
                walk.result = Some(("fold", state.clone(), query.value.ty.clone()));
            }
        }
        self.walked(walk);
        Ok(if running { Value::List(states.into()) } else { state })
    }

    /// The given access on each item of a list.
    pub(super) fn project(
        &mut self,
        (list, slot, access): (&Expr, usize, &Expr),
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Evaluated {
        let Value::List(items) = self.eval(list, frame)? else {
            return Err(Box::new(Fault { kind: FaultKind::Internal, span }));
        };
        let mut walk = self.listens().then(|| Walk {
            span,
            whole: span,
            source: list.span,
            row: item_of(&list.ty),
            filter: None,
            all: items.len(),
            passed: items.len(),
            items: Vec::new(),
            last: None,
            states: false,
            item: access.ty.clone(),
            result: None,
        });
        self.account.build(items.len()).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
        let values = self.hushed(|machine| {
            let mut values = Vec::with_capacity(items.len());
            for item in items.iter() {
                set(frame, slot, item.clone());
                let before = machine.account.held();
                let value = machine.eval(access, frame).map_err(|f| machine.stopped(f, item, list))?;
                machine.account.settle(before, &value);
                if let Some(walk) = &mut walk {
                    walk.keep(item, &value);
                }
                values.push(value);
            }
            Ok::<_, Box<Fault>>(values)
        })?;
        set(frame, slot, Value::Absent);
        self.walked(walk);
        Ok(Value::List(values.into()))
    }

    /// Tells at which row a walk over `source` failed.
    #[allow(clippy::unnecessary_box_returns)] // The evaluator's errors are boxed everywhere.
    fn stopped(&mut self, fault: Box<Fault>, row: &Value, source: &Expr) -> Box<Fault> {
        if let Some(recorder) = &mut self.recorder {
            recorder.insist(Event::Stopped(row.clone(), item_of(&source.ty)));
        }
        fault
    }

    fn walked(&mut self, walk: Option<Walk>) {
        if let Some(walk) = walk {
            self.record(|| Event::Walked(Box::new(walk)));
        }
    }
}

fn walk_of(query: &Query, span: Span, all: usize, passed: usize) -> Walk {
    Walk {
        span,
        whole: span,
        source: query.source.span,
        row: item_of(&query.source.ty),
        filter: query.filter.as_ref().map(|f| f.span),
        all,
        passed,
        items: Vec::new(),
        last: None,
        states: false,
        item: query.value.ty.clone(),
        result: None,
    }
}

/// Whether comparing a value takes longer than most.
fn is_long(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::List(_) | Value::Record(_))
        || matches!(value, Value::Number(n) if n.long_words() > 0)
}

fn item_of(list: &Type) -> Type {
    match list.required() {
        Type::List(item) => (**item).clone(),
        _ => Type::Never,
    }
}
