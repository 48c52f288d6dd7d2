//! Walks over rows: queries and folds.

use super::compare;
use super::machine::{Evaluated, Machine, set};
use super::trace::{Event, Walk};
use crate::ir::{Expr, Query};
use crate::library::{Fault, FaultKind};
use crate::source::Span;
use crate::value::{Type, Value};
use std::cmp::Ordering;

impl Machine<'_> {
    /// The items that pass, in order, and how many there are in all.
    fn rows(
        &mut self,
        query: &Query,
        frame: &mut Vec<Value>,
        span: Span,
    ) -> Result<(Vec<Value>, usize), Box<Fault>> {
        let Value::List(items) = self.eval(&query.source, frame)? else {
            return Err(Box::new(Fault { kind: FaultKind::Internal, span }));
        };
        let mut kept: Vec<(Vec<Value>, Value)> = Vec::new();
        self.hushed(|machine| {
            for item in items.iter() {
                set(frame, query.slot, item.clone());
                if let Some(filter) = &query.filter
                    && !machine.truth(filter, frame).map_err(|f| machine.stopped(f, item, &query.source))?
                {
                    continue;
                }
                let mut keys = Vec::with_capacity(query.order.len());
                for key in &query.order {
                    keys.push(
                        machine.eval(&key.key, frame).map_err(|f| machine.stopped(f, item, &query.source))?,
                    );
                }
                kept.push((keys, item.clone()));
            }
            Ok::<(), Box<Fault>>(())
        })?;
        // The sort is stable: ties keep the order of the input.
        if !query.order.is_empty() {
            kept.sort_by(|(a, _), (b, _)| {
                let keys = a.iter().zip(b).zip(&query.order);
                keys.map(|((a, b), key)| if key.descending { compare(b, a) } else { compare(a, b) })
                    .find(|o| *o != Ordering::Equal)
                    .unwrap_or(Ordering::Equal)
            });
        }
        Ok((kept.into_iter().map(|(_, item)| item).collect(), items.len()))
    }

    /// A list made of rows.
    pub(super) fn query(&mut self, query: &Query, frame: &mut Vec<Value>, span: Span) -> Evaluated {
        let (rows, all) = self.rows(query, frame, span)?;
        self.list_length(rows.len()).map_err(|kind| Box::new(Fault { kind, span }))?;
        let mut walk = self.listens().then(|| walk_of(query, span, all, rows.len()));
        let values = self.hushed(|machine| {
            let mut values = Vec::with_capacity(rows.len());
            for row in rows {
                set(frame, query.slot, row.clone());
                let value =
                    machine.eval(&query.value, frame).map_err(|f| machine.stopped(f, &row, &query.source))?;
                if let Some(walk) = &mut walk {
                    walk.keep(&row, &value);
                }
                values.push(value);
            }
            Ok::<_, Box<Fault>>(values)
        })?;
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
        let (rows, all) = self.rows(query, frame, span)?;
        let mut walk = self.listens().then(|| walk_of(query, span, all, rows.len()));
        let answer = self.hushed(|machine| {
            for row in rows {
                set(frame, query.slot, row.clone());
                let answer = machine.truth(&query.value, frame);
                if answer.map_err(|f| machine.stopped(f, &row, &query.source))? == some {
                    // The item that decided is the only one that matters.
                    if let Some(walk) = &mut walk {
                        walk.keep(&row, &Value::Bool(some));
                    }
                    return Ok::<_, Box<Fault>>(Value::Bool(some));
                }
            }
            Ok(Value::Bool(!some))
        })?;
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
        self.hushed(|machine| {
            for row in rows {
                set(frame, slot, state.clone());
                set(frame, query.slot, row.clone());
                let next = machine.eval(&query.value, frame);
                state = next.map_err(|f| machine.stopped(f, &row, &query.source))?;
                if let Some(walk) = &mut walk {
                    walk.keep(&row, &state);
                }
                if running {
                    states.push(state.clone());
                }
            }
            Ok::<(), Box<Fault>>(())
        })?;
        if let Some(walk) = walk.as_mut().filter(|_| !running) {
            walk.result = Some(("fold", state.clone(), query.value.ty.clone()));
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
            item: access.ty.clone(),
            result: None,
        });
        let values = self.hushed(|machine| {
            let mut values = Vec::with_capacity(items.len());
            for item in items.iter() {
                set(frame, slot, item.clone());
                let value = machine.eval(access, frame).map_err(|f| machine.stopped(f, item, list))?;
                if let Some(walk) = &mut walk {
                    walk.keep(item, &value);
                }
                values.push(value);
            }
            Ok::<_, Box<Fault>>(values)
        })?;
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
