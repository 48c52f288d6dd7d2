//! Walks over rows: queries and folds.

use super::compare;
use super::machine::{Evaluated, Machine};
use super::trace::Event;
use crate::ir::{Expr, Query};
use crate::library::{Fault, FaultKind};
use crate::source::Span;
use crate::value::Value;
use std::cmp::Ordering;

impl Machine<'_> {
    /// The items that pass, in order.
    fn rows(&mut self, query: &Query, frame: &mut Vec<Value>, span: Span) -> Result<Vec<Value>, Box<Fault>> {
        let Value::List(items) = self.eval(&query.source, frame)? else {
            return Err(Box::new(Fault { kind: FaultKind::Internal, span }));
        };
        let mut kept: Vec<(Vec<Value>, Value)> = Vec::new();
        self.hushed(|machine| {
            for item in items.iter() {
                machine.set(frame, query.slot, item.clone());
                if let Some(filter) = &query.filter
                    && !machine.truth(filter, frame)?
                {
                    continue;
                }
                let mut keys = Vec::with_capacity(query.order.len());
                for key in &query.order {
                    keys.push(machine.eval(&key.key, frame)?);
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
        let (all, passed) = (items.len(), kept.len());
        self.record(|| Event::Walked(span, all, passed));
        Ok(kept.into_iter().map(|(_, item)| item).collect())
    }

    /// A list made of rows.
    pub(super) fn query(&mut self, query: &Query, frame: &mut Vec<Value>, span: Span) -> Evaluated {
        let rows = self.rows(query, frame, span)?;
        self.list_length(rows.len()).map_err(|kind| Box::new(Fault { kind, span }))?;
        self.hushed(|machine| {
            let mut values = Vec::with_capacity(rows.len());
            for row in rows {
                machine.set(frame, query.slot, row);
                values.push(machine.eval(&query.value, frame)?);
            }
            Ok(Value::List(values.into()))
        })
    }

    /// Whether some item (or, with `some` false, every item) is true; it stops where that is decided.
    pub(super) fn quantify(&mut self, query: &Query, frame: &mut Vec<Value>, span: Span, some: bool) -> Evaluated {
        let rows = self.rows(query, frame, span)?;
        self.hushed(|machine| {
            for row in rows {
                machine.set(frame, query.slot, row);
                if machine.truth(&query.value, frame)? == some {
                    return Ok(Value::Bool(some));
                }
            }
            Ok(Value::Bool(!some))
        })
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
        let rows = self.rows(query, frame, span)?;
        let mut states = Vec::new();
        self.hushed(|machine| {
            for row in rows {
                machine.set(frame, slot, state.clone());
                machine.set(frame, query.slot, row);
                state = machine.eval(&query.value, frame)?;
                if running {
                    states.push(state.clone());
                }
            }
            Ok::<(), Box<Fault>>(())
        })?;
        Ok(if running { Value::List(states.into()) } else { state })
    }
}
