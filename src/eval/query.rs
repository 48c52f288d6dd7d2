//! Walks over rows: queries and folds.

use super::machine::{Evaluated, Machine, set};
use super::recorder::Recorder;
use super::trace::{AskedFor, Event, Path, Stepped, Walk, tells};
use crate::ir::{Expr, Query};
use crate::library::{Fault, FaultKind};
use crate::source::Span;
use crate::value::{Type, Value};

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
    pub(super) fn stopped(&mut self, fault: Box<Fault>, row: &Value, source: &Expr) -> Box<Fault> {
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

fn item_of(list: &Type) -> Type {
    match list.required() {
        Type::List(item) => (**item).clone(),
        _ => Type::Never,
    }
}
