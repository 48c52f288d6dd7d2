//! Walks over rows: queries and folds.

use super::items::{Items, Rows};
use super::machine::{Evaluated, Machine, set};
use super::ordered::{Runs, in_order};
use super::recorder::Recorder;
use super::trace::{AskedFor, Event, Path, Stepped, Walk, tells};
use super::walks::{Equality, equalities};
use crate::ir::{Expr, ExprKind, Query};
use crate::library::{Fault, FaultKind};
use crate::limits::LimitError;
use crate::source::Span;
use crate::value::{Bits, Type, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// Rows of a table that make it worth while to find some by the value of a field.
const WORTH_AN_INDEX: usize = 16;
/// The part of the values that may be held which rows take before they are put in order and away.
const SHARE: u64 = 4;
/// Values that a fold may leave behind before its state is looked at.
const RARELY: u64 = 1_000;

/// What is recorded of a walk while it goes on.
struct Walking {
    walk: Walk,
    /// The steps told one by one, where the walk has any.
    steps: Option<Vec<Stepped>>,
}

impl Walking {
    /// Keeps an item whose step is not told.
    fn keep(&mut self, row: &Value, gives: &Value) {
        if self.steps.is_none() {
            self.walk.keep(row, gives);
        }
    }

    /// Whether the step with this number is told.
    fn tells(&self, number: usize) -> bool {
        self.steps.is_some() && self.walk.tells(number)
    }
}

/// Where a walk stands: its item, and the state before that for a fold.
struct At<'v> {
    number: usize,
    row: &'v Value,
    before: Option<&'v Value>,
}

impl Machine<'_> {
    /// The items that are walked over, and how many there are in all. Where rows can be found by a field that
    /// equals something, only those are among them that can pass.
    fn candidates(
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
        let mut runs = Runs::new(&store, query.order.iter().map(|key| key.descending));
        let most = self.limits.walked_rows.max(1);
        let most_values = self.account.most_values().checked_div(SHARE).unwrap_or(0);
        let room = query.order.len().saturating_mul(2).saturating_add(1);
        let before = self.account.held();
        let mut keyed: Vec<(Vec<Value>, u32)> = Vec::new();
        self.hushed(|machine| {
            for item in items.iter() {
                let Value::Row { row, .. } = item else { continue };
                if !machine.passes(query, &item, frame)? {
                    continue;
                }
                machine.account.build(room).map_err(|e| fault(e.into()))?;
                keyed.push((machine.keys(query, &item, frame)?, row));
                let held = machine.account.held().saturating_sub(before);
                if keyed.len() >= most || held > most_values {
                    machine.put_away(query, &mut keyed, &mut runs, span)?;
                    machine.account.release(before);
                }
            }
            machine.put_away(query, &mut keyed, &mut runs, span)
        })?;
        self.account.release(before);
        Ok(Items::Rows(table, Rows::InOrder(runs.merged())))
    }

    /// Puts rows in order and away.
    fn put_away(
        &self,
        query: &Query,
        keyed: &mut Vec<(Vec<Value>, u32)>,
        runs: &mut Runs,
        span: Span,
    ) -> Result<(), Box<Fault>> {
        self.sort(query, keyed, span)?;
        if !runs.add(keyed) {
            let limit = LimitError::Rows(self.limits.walked_rows);
            return Err(Box::new(Fault { kind: limit.into(), span }));
        }
        keyed.clear();
        Ok(())
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
    fn passes(&mut self, query: &Query, item: &Value, frame: &mut Vec<Value>) -> Result<bool, Box<Fault>> {
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

    /// A list made of rows.
    pub(super) fn query(&mut self, query: &Query, frame: &mut Vec<Value>, span: Span) -> Evaluated {
        let (rows, all) = self.rows(query, frame, span)?;
        self.list_length(rows.len()).map_err(|kind| Box::new(Fault { kind, span }))?;
        self.account.build(rows.len()).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
        let mut walking = self.walking(query, span, (all, rows.len()), false);
        let values = self.hushed(|machine| {
            let mut values = Vec::with_capacity(rows.len());
            for (index, row) in rows.iter().enumerate() {
                let before = machine.account.held();
                let at = At { number: index.saturating_add(1), row: &row, before: None };
                let value = machine.step(query, frame, &mut walking, &at)?;
                machine.account.settle(before, &value);
                values.push(value);
            }
            Ok::<_, Box<Fault>>(values)
        })?;
        set(frame, query.slot, Value::Absent);
        self.walked(walking);
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
        let mut walking = self.walking(query, span, (all, 0), false);
        // Items that passed, where their steps may have to be told.
        let mut passed: Vec<Value> = Vec::new();
        let answer = self.hushed(|machine| {
            let mut decided = false;
            for item in items.iter() {
                if decided {
                    // An explanation tells how many there are; a fault behind the one that decided is none.
                    let counts = passed_before || machine.passes(query, &item, frame).unwrap_or(false);
                    walking.iter_mut().filter(|_| counts).for_each(|w| w.walk.passes());
                    continue;
                }
                if passed_before {
                    set(frame, query.slot, item.clone());
                } else if !machine.passes(query, &item, frame)? {
                    continue;
                }
                if let Some(walking) = &mut walking {
                    walking.walk.passes();
                    passed.extend(walking.steps.is_some().then(|| item.clone()));
                }
                let answer = machine.truth(&query.value, frame);
                if answer.map_err(|f| machine.stopped(f, &item, &query.source))? == some {
                    // The item that decided is the only one that matters.
                    decided = true;
                    match &mut walking {
                        Some(walking) => walking.keep(&item, &Value::Bool(some)),
                        None => break,
                    }
                }
            }
            if let Some(walking) = &mut walking {
                walking.walk.decided = decided;
            }
            machine.tell_answers(query, frame, &mut walking, &passed)?;
            Ok::<_, Box<Fault>>(Value::Bool(decided == some))
        })?;
        set(frame, query.slot, Value::Absent);
        self.walked(walking);
        Ok(answer)
    }

    /// Tells the steps of a walk that asks its items, once it is known which of them matter: the one that
    /// decided, which is the last that was asked, else all.
    fn tell_answers(
        &mut self,
        query: &Query,
        frame: &mut Vec<Value>,
        walking: &mut Option<Walking>,
        passed: &[Value],
    ) -> Result<(), Box<Fault>> {
        let alone = walking.as_ref().is_some_and(|w| w.walk.decided).then_some(passed.len());
        for (index, row) in passed.iter().enumerate() {
            let number = index.saturating_add(1);
            let wanted = walking.as_ref().is_some_and(|w| w.tells(number));
            if alone.map_or(wanted, |decisive| decisive == number) {
                self.told(query, frame, walking, &At { number, row, before: None })?;
            }
        }
        Ok(())
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
        let mut walking = self.walking(query, span, (all, rows.len()), true);
        let mut states = Vec::new();
        if running {
            self.account.build(rows.len()).map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
        }
        let start = self.account.held();
        let mut weighed = start;
        self.hushed(|machine| {
            for (index, row) in rows.iter().enumerate() {
                set(frame, slot, state.clone());
                let before = machine.account.held();
                let at = At { number: index.saturating_add(1), row: &row, before: Some(&state) };
                state = machine.step(query, frame, &mut walking, &at)?;
                if running {
                    machine.account.settle(before, &state);
                    states.push(state.clone());
                } else if machine.account.held() > weighed {
                    // Only the last state is held: once there may be twice as much, it is looked at anew.
                    machine.account.settle(start, &state);
                    let own = machine.account.held().saturating_sub(start);
                    weighed = machine.account.held().saturating_add(own).saturating_add(RARELY);
                }
            }
            Ok::<(), Box<Fault>>(())
        })?;
        set(frame, slot, Value::Absent);
        set(frame, query.slot, Value::Absent);
        if let Some(told) = walking.as_mut().filter(|_| !running) {
            told.walk.result = Some(("fold", state.clone(), query.value.ty.clone()));
        }
        self.walked(walking);
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
            decided: false,
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
        self.walked(walk.map(|walk| Walking { walk, steps: None }));
        Ok(Value::List(values.into()))
    }

    /// What one item gives, told as a step of its own where the walk has such steps.
    fn step(
        &mut self,
        query: &Query,
        frame: &mut Vec<Value>,
        walking: &mut Option<Walking>,
        at: &At<'_>,
    ) -> Evaluated {
        if walking.as_ref().is_some_and(|w| w.tells(at.number)) {
            return self.told(query, frame, walking, at);
        }
        set(frame, query.slot, at.row.clone());
        let value = self.eval(&query.value, frame).map_err(|f| self.stopped(f, at.row, &query.source))?;
        if let Some(walking) = walking {
            walking.keep(at.row, &value);
        }
        Ok(value)
    }

    /// What one item gives, with what is done for it in a list of its own, as far as there is room.
    fn told(
        &mut self,
        query: &Query,
        frame: &mut Vec<Value>,
        walking: &mut Option<Walking>,
        at: &At<'_>,
    ) -> Evaluated {
        set(frame, query.slot, at.row.clone());
        let outside = self.recorder.as_mut().and_then(Recorder::begin_step);
        let value = match &outside {
            Some(_) => self.again(query, frame).and_then(|()| self.eval(&query.value, frame)),
            None => self.eval(&query.value, frame),
        };
        let ended = outside.and_then(|outside| self.recorder.as_mut().map(|r| r.end_step(outside)));
        match (value, ended) {
            (Ok(gives), ended) => {
                if let (Some((events, values)), Some(Walking { steps: Some(steps), .. })) = (ended, walking) {
                    steps.push(Stepped {
                        number: at.number,
                        of: at.row.clone(),
                        before: at.before.cloned(),
                        gives: gives.clone(),
                        formula: query.value.span,
                        path: Path::of(&query.value, &events),
                        values,
                        events,
                    });
                }
                Ok(gives)
            }
            (Err(fault), ended) => {
                // What was done up to the failure stands where the walk would.
                if let (Some((events, _)), Some(recorder)) = (ended, &mut self.recorder) {
                    events.into_iter().for_each(|event| recorder.insist(event));
                }
                Err(self.stopped(fault, at.row, &query.source))
            }
        }
    }

    /// Asks once more what a step passed, and what it was ordered by, where there is more to tell of that
    /// than the answer: which items pass is known only after all have been asked.
    fn again(&mut self, query: &Query, frame: &mut Vec<Value>) -> Result<(), Box<Fault>> {
        if let Some(filter) = query.filter.as_ref().filter(|f| tells(f)) {
            self.ask(AskedFor::If, filter, frame)?;
        }
        for key in query.order.iter().filter(|k| tells(&k.key)) {
            self.eval(&key.key, frame)?;
        }
        Ok(())
    }

    /// Tells at which row a walk over `source` failed.
    #[allow(clippy::unnecessary_box_returns)] // The evaluator's errors are boxed everywhere.
    fn stopped(&mut self, fault: Box<Fault>, row: &Value, source: &Expr) -> Box<Fault> {
        if let Some(recorder) = &mut self.recorder {
            recorder.insist(Event::Stopped(row.clone(), item_of(&source.ty)));
        }
        fault
    }

    /// What is recorded of a walk, where anything is.
    fn walking(
        &self,
        query: &Query,
        span: Span,
        (all, passed): (usize, usize),
        folds: bool,
    ) -> Option<Walking> {
        let more = || {
            let keys = query.order.iter().map(|k| &k.key);
            std::iter::once(&query.value).chain(&query.filter).chain(keys).any(tells)
        };
        self.listens().then(|| Walking {
            walk: walk_of(query, span, all, passed),
            steps: (folds || more()).then(Vec::new),
        })
    }

    fn walked(&mut self, walking: Option<Walking>) {
        if let Some(Walking { mut walk, steps }) = walking {
            let steps = steps.unwrap_or_default();
            steps.iter().for_each(|step| walk.keep(&step.of, &step.gives));
            self.record(|| Event::Walked(Box::new(walk), steps));
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
        decided: false,
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
