//! The forms of formulas, a function for each kind of them: what a formula needs of the stack is then
//! what its own form needs, and not what all forms do together.

use super::leaves::Quotient;
use super::machine::{Evaluated, Machine, at};
use super::trace::{AskedFor, Event};
use crate::ir::{Expr, ExprKind, Holder};
use crate::library::{Builtin, FaultKind};
use crate::limits::LimitError;
use crate::number::Num;
use crate::value::{Value, days_between};
use std::sync::Arc;

impl Machine<'_> {
    /// What stands for a value, or reads one.
    pub(super) fn read(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        let fault = at(expr.span);
        match &expr.kind {
            ExprKind::Const(value) => Ok(value.clone()),
            ExprKind::Local(slot) => frame.get(*slot).cloned().ok_or_else(|| fault(FaultKind::Internal)),
            ExprKind::Input { record, field } => {
                let value = match self.data.records.get(*record) {
                    // A record that is absent as a whole has no fields; any other has them all.
                    Some(None) => Value::Absent,
                    _ => {
                        self.data.field(*record, *field).cloned().ok_or_else(|| fault(FaultKind::Internal))?
                    }
                };
                self.record(|| Event::Input(Holder::Record(*record), None, *field, value.clone()));
                Ok(value)
            }
            ExprKind::Record(record) => self.whole_record(*record).map_err(fault),
            ExprKind::Table(table) => {
                self.room_for(self.data.len_of(*table)).map_err(|limit| fault(limit.into()))?;
                Ok(Value::List(self.walks.rows_of(self.data, *table)))
            }
            ExprKind::Rule(rule) => self.conclusion(*rule, None).map_err(fault),
            ExprKind::Assumption(index) => self.reading(*index).ok_or_else(|| fault(FaultKind::Internal)),
            ExprKind::Fail(message) => Err(fault(FaultKind::Failed(Arc::clone(message)))),
            ExprKind::ClauseOf(rule, row) => {
                let row = self.optional_row(row.as_deref(), frame)?;
                self.clause(*rule, row).map_err(fault)
            }
            ExprKind::ReasonsOf(rule, row) => {
                let row = self.optional_row(row.as_deref(), frame)?;
                self.reasons(*rule, row).map_err(fault)
            }
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    /// What is taken of a row, a record, a term or a table.
    pub(super) fn taken(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        let fault = at(expr.span);
        match &expr.kind {
            ExprKind::RowField(of, field) => match self.eval(of, frame)? {
                Value::Row { table, row } => {
                    let holder = table as usize;
                    let cell = self.data.cell(holder, row, *field);
                    let value = cell.ok_or_else(|| fault(FaultKind::Internal))?;
                    let event = || Event::Input(Holder::Table(holder), Some(row), *field, value.clone());
                    self.record(event);
                    self.record_own(of, event);
                    Ok(value)
                }
                Value::Absent => Ok(Value::Absent),
                _ => Err(fault(FaultKind::Internal)),
            },
            ExprKind::RowRule(of, rule) => match self.eval(of, frame)? {
                Value::Row { row, .. } => {
                    self.record_own(of, || Event::Rule(*rule, Some(row)));
                    self.conclusion(*rule, Some(row)).map_err(fault)
                }
                Value::Absent => Ok(Value::Absent),
                _ => Err(fault(FaultKind::Internal)),
            },
            ExprKind::RecordField(base, field) => match self.eval(base, frame)? {
                Value::Record(fields) => {
                    fields.get(*field).cloned().ok_or_else(|| fault(FaultKind::Internal))
                }
                Value::Absent => Ok(Value::Absent),
                _ => Err(fault(FaultKind::Internal)),
            },
            ExprKind::Term(term, date) => {
                let date = match date {
                    Some(date) => match self.eval(date, frame)? {
                        Value::Date(date) => Some(date),
                        _ => None,
                    },
                    None => None,
                };
                self.term(*term, date).map_err(fault)
            }
            ExprKind::Lookup(table, keys) => {
                let key = self.all(keys, frame)?;
                let found = self.data.find(*table, &key);
                self.record(|| Event::Looked(*table, key, found));
                let table = u32::try_from(*table).unwrap_or(u32::MAX);
                Ok(found.map_or(Value::Absent, |row| Value::Row { table, row }))
            }
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    /// Functions.
    pub(super) fn called(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        match &expr.kind {
            ExprKind::Call(id, args) => {
                let args = self.all(args, frame)?;
                self.call(*id, args, expr.span)
            }
            ExprKind::Builtin(builtin, args) => {
                let value = if let Some(value) = self.short(builtin, args, frame)? {
                    value
                } else if let Some(value) = self.by_pieces(builtin, args, frame, expr)? {
                    value
                } else {
                    self.computed_by(builtin, args, frame, expr)?
                };
                if let (Some(recorder), [walk]) = (&mut self.recorder, args.as_slice()) {
                    recorder.conclude_walk(walk.span, expr.span, builtin.name, &value, &expr.ty);
                }
                Ok(value)
            }
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    /// What a function of the language makes of its arguments.
    fn computed_by(
        &mut self,
        builtin: &Builtin,
        args: &[Expr],
        frame: &mut Vec<Value>,
        expr: &Expr,
    ) -> Evaluated {
        let fault = at(expr.span);
        // Few arguments need no room of their own.
        let (one, two, more);
        let values: &[Value] = match (self.quotient_to_round(builtin, args, frame)?, args) {
            (Some(Quotient::Rounded(value)), _) => return Ok(value),
            (Some(Quotient::Exact(parts)), _) => {
                two = parts;
                &two
            }
            (None, [a]) => {
                one = [self.eval(a, frame)?];
                &one
            }
            (None, [a, b]) => {
                two = [self.eval(a, frame)?, self.eval(b, frame)?];
                &two
            }
            _ => {
                more = self.all(args, frame)?;
                &more
            }
        };
        values.iter().try_for_each(|v| self.account.look_through(v)).map_err(|e| fault(e.into()))?;
        let value = (builtin.compute)(&self.around(), values).map_err(&fault)?;
        self.account.build_single(&value).map_err(|e| fault(e.into()))?;
        self.rounded(builtin, args, values, &value, expr);
        Ok(value)
    }

    /// Arithmetic.
    pub(super) fn computed_number(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        let fault = at(expr.span);
        match &expr.kind {
            ExprKind::Negate(inner) => {
                let n = self.number(inner, frame)?;
                Ok(Value::Number(n.neg()))
            }
            ExprKind::Power(base, exponent) => {
                let n = self.number(base, frame)?;
                let power = n.powi(*exponent, self.limits.fraction_bits).map_err(|e| fault(e.into()))?;
                self.account.arithmetic(&power, &n).map_err(|e| fault(e.into()))?;
                self.built(Value::Number(power)).map_err(|e| fault(e.into()))
            }
            ExprKind::Arith(op, a, b) => self.arithmetic(*op, (a, b), frame, expr),
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    /// Arithmetic on dates.
    pub(super) fn computed_date(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        let fault = at(expr.span);
        match &expr.kind {
            ExprKind::DateStep(step, back, date, amount) => {
                let date = self.date(date, frame)?;
                let amount = self.number(amount, frame)?;
                self.move_date(*step, *back, date, &amount).map(Value::Date).map_err(fault)
            }
            ExprKind::DateDifference(a, b) => {
                let (a, b) = (self.date(a, frame)?, self.date(b, frame)?);
                Ok(Value::Number(Num::from(days_between(b, a))))
            }
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    /// Lists, records and texts.
    pub(super) fn put_together(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        let fault = at(expr.span);
        match &expr.kind {
            ExprKind::Concat(a, b) => match (self.eval(a, frame)?, self.eval(b, frame)?) {
                (Value::Text(a), Value::Text(b)) => {
                    let most = self.limits.text_bytes;
                    if a.len().saturating_add(b.len()) > most {
                        return Err(fault(LimitError::Text(most).into()));
                    }
                    let text = Value::Text(format!("{a}{b}").into());
                    self.account.look_through(&text).map_err(|e| fault(e.into()))?;
                    self.built(text).map_err(|e| fault(e.into()))
                }
                (Value::List(a), Value::List(b)) => {
                    let length = a.len().saturating_add(b.len());
                    self.list_length(length).map_err(&fault)?;
                    self.account.build(length).map_err(|e| fault(e.into()))?;
                    let mut items = Vec::with_capacity(length);
                    items.extend_from_slice(&a);
                    items.extend_from_slice(&b);
                    Ok(Value::List(items.into()))
                }
                _ => Err(fault(FaultKind::Internal)),
            },
            ExprKind::List(items) | ExprKind::MakeRecord(items) => {
                let values = self.all(items, frame)?;
                self.account.build(values.len().saturating_add(1)).map_err(|e| fault(e.into()))?;
                let is_list = matches!(expr.kind, ExprKind::List(_));
                Ok(if is_list { Value::List(values.into()) } else { Value::Record(values.into()) })
            }
            ExprKind::With(base, fields) => {
                let Value::Record(old) = self.eval(base, frame)? else {
                    return Err(fault(FaultKind::Internal));
                };
                self.account.build(old.len().saturating_add(1)).map_err(|e| fault(e.into()))?;
                let mut values: Vec<Value> = old.to_vec();
                for (index, field) in fields {
                    let value = self.eval(field, frame)?;
                    if let Some(slot) = values.get_mut(*index) {
                        *slot = value;
                    }
                }
                Ok(Value::Record(values.into()))
            }
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    /// Conditions.
    pub(super) fn answered(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        match &expr.kind {
            ExprKind::Not(inner) => Ok(Value::Bool(!self.truth(inner, frame)?)),
            ExprKind::And(a, b) => Ok(Value::Bool(self.truth(a, frame)? && self.truth(b, frame)?)),
            ExprKind::Or(a, b) => Ok(Value::Bool(self.truth(a, frame)? || self.truth(b, frame)?)),
            ExprKind::Compare(first, rest) => self.compare_chain(first, rest, frame),
            ExprKind::In(item, list, _) => self.holds(item, list, frame, expr),
            ExprKind::IsPresent(value, negated) => {
                let present = match self.peek(value, frame) {
                    Some(value) => *value != Value::Absent,
                    None => self.eval(value, frame)? != Value::Absent,
                };
                Ok(Value::Bool(present != *negated))
            }
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }

    /// Choices.
    pub(super) fn chosen(&mut self, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        match &expr.kind {
            ExprKind::Otherwise(a, b) => {
                let first = self.eval(a, frame)?;
                let taken = if first == Value::Absent { b } else { a };
                self.record(|| Event::Took(taken.span));
                if first == Value::Absent { self.eval(b, frame) } else { Ok(first) }
            }
            ExprKind::If(condition, then, otherwise) => {
                let taken = if self.ask(AskedFor::If, condition, frame)? { then } else { otherwise };
                self.record(|| Event::Took(taken.span));
                self.eval(taken, frame)
            }
            ExprKind::Match(subject, arms, otherwise) => {
                self.matching(subject, arms, otherwise.as_deref(), frame, expr.span)
            }
            _ => Err(at(expr.span)(FaultKind::Internal)),
        }
    }
}
