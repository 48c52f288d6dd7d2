//! Parts of formulas that only stand for a value: looked at where it stands, while nobody listens, instead
//! of being copied.

use super::machine::{Evaluated, Machine, at};
use super::outcome::Column;
use super::single::Own;
use crate::ir::{Arith, Expr, ExprKind};
use crate::library::{self, Builtin, Fault, FaultKind, Rounds, compare};
use crate::number::Num;
use crate::syntax::ast::CmpOp;
use crate::value::{Cells, Value};
use std::cmp::Ordering;

/// Bits of a fraction that suffice for the quotient of two decimals.
const BITS_OF_QUOTIENT: u64 = 256;

/// A quotient that is rounded to a multiple.
pub(super) enum Quotient {
    /// Rounded.
    Rounded(Value),
    /// As it is, with what it is rounded to a multiple of.
    Exact([Value; 2]),
}

impl Machine<'_> {
    /// Whether nobody is to be told of what is read.
    pub(super) fn is_plain(&self) -> bool {
        self.recorder.is_none() && self.observer.is_none() && self.reliance.is_none()
    }

    /// The value that a part stands for, and the steps of reading it; none for other parts, or where it
    /// has none.
    fn leaf<'s>(&'s self, expr: &'s Expr, frame: &'s [Value]) -> Option<(&'s Value, u64)> {
        let own_row = |of: &Expr| match of.kind {
            ExprKind::Local(slot) => match frame.get(slot)? {
                Value::Row { table, row } => Some((*table as usize, *row as usize)),
                _ => None,
            },
            _ => None,
        };
        match &expr.kind {
            ExprKind::Const(value) => Some((value, 1)),
            ExprKind::Local(slot) => Some((frame.get(*slot)?, 1)),
            ExprKind::RowField(of, field) => {
                let (table, row) = own_row(of)?;
                Some((held(self.data.tables.get(table)?.fields.get(*field)?, row)?, 2))
            }
            ExprKind::RowRule(of, rule) => {
                let (_, row) = own_row(of)?;
                match self.own.get(rule.0) {
                    Some(Own::Done(value, _)) => Some((value, 2)),
                    Some(Own::Failed) => None,
                    _ => Some((held(&self.column(*rule)?.values, row)?, 2)),
                }
            }
            ExprKind::Input { record, field } => Some((self.data.field(*record, *field)?, 1)),
            ExprKind::Rule(rule) => {
                let Column { values, .. } = self.column(*rule)?;
                Some((held(values, 0)?, 1))
            }
            _ => None,
        }
    }

    /// As [`Machine::eval`] for a part that only stands for a value; none for other parts, where somebody
    /// listens, or near a limit.
    pub(super) fn peek<'s>(&'s self, expr: &'s Expr, frame: &'s [Value]) -> Option<&'s Value> {
        let (value, steps) = self.leaf(expr, frame)?;
        let is_within = self.nesting.saturating_add(1) < self.limits.nesting;
        (is_within && self.is_plain() && self.account.take(steps)).then_some(value)
    }

    /// What is made of the values of two parts.
    fn pair<T>(
        &mut self,
        (a, b): (&Expr, &Expr),
        frame: &mut Vec<Value>,
        make: impl FnOnce(&Self, &Value, &Value) -> Result<T, Box<Fault>>,
    ) -> Result<T, Box<Fault>> {
        let mut stands = false;
        if let Some(first) = self.peek(a, frame) {
            if let Some(second) = self.peek(b, frame) {
                return make(self, first, second);
            }
            stands = true;
        }
        let first = if stands { None } else { Some(self.eval(a, frame)?) };
        let second = if self.peek(b, frame).is_some() { None } else { Some(self.eval(b, frame)?) };
        let looked = |part: &Expr| at(part.span)(FaultKind::Internal);
        let first = match &first {
            Some(value) => value,
            None => self.leaf(a, frame).ok_or_else(|| looked(a))?.0,
        };
        let second = match &second {
            Some(value) => value,
            None => self.leaf(b, frame).ok_or_else(|| looked(b))?.0,
        };
        make(self, first, second)
    }

    /// Whether two parts compare in a way, while nobody listens.
    pub(super) fn compare_two(
        &mut self,
        (a, op, b): (&Expr, CmpOp, &Expr),
        frame: &mut Vec<Value>,
    ) -> Result<bool, Box<Fault>> {
        self.pair((a, b), frame, |machine, left, right| {
            for side in [left, right].into_iter().filter(|side| !is_small(side)) {
                machine.compound(side, b.span)?;
            }
            compares(op, left, right).ok_or_else(|| at(b.span)(FaultKind::Internal))
        })
    }

    /// Whether a list holds an item.
    pub(super) fn holds(&mut self, item: &Expr, list: &Expr, frame: &mut Vec<Value>, of: &Expr) -> Evaluated {
        let negated = matches!(of.kind, ExprKind::In(_, _, true));
        self.pair((item, list), frame, |machine, item, list| {
            let Value::List(items) = list else { return Err(at(of.span)(FaultKind::Internal)) };
            let cost = u64::try_from(items.len()).unwrap_or(u64::MAX);
            machine.account.step(cost).map_err(|e| at(of.span)(e.into()))?;
            machine.compound(item, of.span)?;
            if let Value::List(_) | Value::Record(_) = item {
                items.iter().try_for_each(|i| machine.compound(i, of.span))?;
            }
            Ok(Value::Bool(items.contains(item) != negated))
        })
    }

    /// The result of arithmetic on two parts.
    pub(super) fn arithmetic(
        &mut self,
        op: Arith,
        parts: (&Expr, &Expr),
        frame: &mut Vec<Value>,
        of: &Expr,
    ) -> Evaluated {
        self.pair(parts, frame, |machine, a, b| {
            let (Value::Number(a), Value::Number(b)) = (a, b) else {
                return Err(at(of.span)(FaultKind::Internal));
            };
            let bits = machine.limits.fraction_bits;
            machine.account.arithmetic(a, b).map_err(|e| at(of.span)(e.into()))?;
            let result = match op {
                Arith::Add => a.add(b, bits),
                Arith::Sub => a.sub(b, bits),
                Arith::Mul => a.mul(b, bits),
                Arith::Div => a.div(b, bits),
            };
            let result = result.map_err(|e| at(of.span)(e.into()))?;
            machine.built(Value::Number(result)).map_err(|e| at(of.span)(e.into()))
        })
    }

    /// A quotient that is rounded to a multiple of a constant: rounded without working out the exact fraction,
    /// or as it is where that takes more than 128 bits. None for anything else, and where somebody listens.
    pub(super) fn quotient_to_round(
        &mut self,
        builtin: &Builtin,
        args: &[Expr],
        frame: &mut Vec<Value>,
    ) -> Result<Option<Quotient>, Box<Fault>> {
        let [quotient, unit] = args else { return Ok(None) };
        let ExprKind::Const(Value::Number(step)) = &unit.kind else { return Ok(None) };
        let (Some(rounds), ExprKind::Arith(Arith::Div, a, b)) = (builtin.rounds, &quotient.kind) else {
            return Ok(None);
        };
        let has_room = self.nesting.saturating_add(2) < self.limits.nesting
            && self.limits.fraction_bits >= BITS_OF_QUOTIENT
            && step.is_positive()
            && self.is_plain();
        if !has_room || !self.account.take(1) {
            return Ok(None);
        }
        let mode = match rounds {
            Rounds::Always(mode) => mode,
            Rounds::AsDeclared => library::declared_mode(&self.around(), &[]),
        };
        self.nesting = self.nesting.saturating_add(1);
        let result = self.pair((a, b), frame, |machine, a, b| {
            let (Value::Number(a), Value::Number(b)) = (a, b) else {
                return Err(at(quotient.span)(FaultKind::Internal));
            };
            if let Some(rounded) = Num::round_quotient(a, b, step, mode) {
                return Ok(Quotient::Rounded(Value::Number(rounded)));
            }
            let fault = |kind: FaultKind| at(quotient.span)(kind);
            let bits = machine.limits.fraction_bits;
            machine.account.arithmetic(a, b).map_err(|e| fault(e.into()))?;
            let exact = Value::Number(a.div(b, bits).map_err(|e| fault(e.into()))?);
            let exact = machine.built(exact).map_err(|e| fault(e.into()))?;
            Ok(Quotient::Exact([exact, Value::Number(step.clone())]))
        });
        self.nesting = self.nesting.saturating_sub(1);
        let result = result?;
        self.account.step(1).map_err(|e| at(unit.span)(e.into()))?;
        Ok(Some(result))
    }
}

/// Whether comparing a value takes no steps of its own.
fn is_small(value: &Value) -> bool {
    !matches!(value, Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Record(_))
        || matches!(value, Value::Number(n) if n.long_words() == 0)
}

/// Whether two values compare in a way; none where they have no order and one is asked for.
pub(super) fn compares(op: CmpOp, left: &Value, right: &Value) -> Option<bool> {
    Some(match op {
        CmpOp::Eq => left == right,
        CmpOp::Ne => left != right,
        CmpOp::Lt => compare(left, right)? == Ordering::Less,
        CmpOp::Le => compare(left, right)? != Ordering::Greater,
        CmpOp::Gt => compare(left, right)? == Ordering::Greater,
        CmpOp::Ge => compare(left, right)? != Ordering::Less,
    })
}

/// A row's value where it is held as it is.
fn held(cells: &Cells, row: usize) -> Option<&Value> {
    match cells {
        Cells::Each(values) => values.get(row)?.as_ref(),
        Cells::Packed(_) => None,
    }
}
