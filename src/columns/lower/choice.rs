//! Choices: each row takes one of two figures.

use super::Lowering;
use super::emit::Truth;
use super::figure::{Day, Figure, What};
use super::texts::MOST_TEXTS;
use crate::columns::number::Scaled;
use crate::columns::program::{Mask, Op, Reg};
use crate::ir::{Expr, MatchArm};
use crate::value::Value;
use indexmap::IndexSet;
use std::sync::Arc;

impl Lowering<'_, '_, '_> {
    /// `then` where a condition holds, else what `otherwise` gives. What is not taken by any row is
    /// not lowered.
    pub(super) fn choose(
        &mut self,
        (condition, doubt): (Truth, Option<Mask>),
        then: impl FnOnce(&mut Self) -> Figure,
        otherwise: impl FnOnce(&mut Self) -> Figure,
    ) -> Figure {
        let mut figure = match condition {
            // Where the condition is in doubt too, the value matters for no row that is sure.
            Truth::Known(true) => then(self),
            Truth::Known(false) => otherwise(self),
            Truth::By(mask) => {
                let a = self.within(condition, true, then);
                let b = self.within(condition, false, otherwise);
                self.select(mask, &a, &b)
            }
        };
        figure.doubt = self.either(figure.doubt, doubt);
        figure
    }

    /// What is lowered for those rows only for which a condition holds, or does not.
    pub(super) fn within<T>(
        &mut self,
        condition: Truth,
        holds: bool,
        lower: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.under.len();
        if let Truth::By(mask) = condition {
            self.under.push((mask, holds));
        }
        let lowered = lower(self);
        self.under.truncate(before);
        lowered
    }

    /// Rows for which the part at hand does not matter.
    pub(super) fn not_needed(&mut self) -> Option<Mask> {
        let mut idle = None;
        for (mask, holds) in self.under.clone() {
            let not = if holds { self.mask_op(|to| Op::Not { a: mask, to }) } else { mask };
            idle = self.either(idle, Some(not));
        }
        idle
    }

    /// `a` where a mask is set, else `b`.
    pub(super) fn select(&mut self, mask: Mask, a: &Figure, b: &Figure) -> Figure {
        let by = Truth::By(mask);
        let (doubt_a, doubt_b) = (self.where_(a.doubt, by, true), self.where_(b.doubt, by, false));
        let doubt = self.either(doubt_a, doubt_b);
        let (absent_a, absent_b) = (self.absence(a), self.absence(b));
        if let (Truth::Known(true), Truth::Known(true)) = (absent_a, absent_b) {
            return Figure { what: What::Const(Value::Absent), absent: None, doubt };
        }
        let (rows_a, rows_b) = (self.rows_of(absent_a), self.rows_of(absent_b));
        let (gone_a, gone_b) = (self.where_(rows_a, by, true), self.where_(rows_b, by, false));
        let absent = self.either(gone_a, gone_b);
        // What only one side knows will do for the other: its rows are absent, or in doubt.
        let idle = |figure: &Figure| matches!(figure.what, What::Nothing | What::Const(Value::Absent));
        if idle(a) || idle(b) {
            let what = if idle(a) { b.what.clone() } else { a.what.clone() };
            let what = if matches!(what, What::Const(Value::Absent)) { What::Nothing } else { what };
            return Figure { what, absent, doubt };
        }
        match self.select_what(mask, &a.what, &b.what) {
            Some((what, more)) => Figure { what, absent, doubt: self.either(doubt, more) },
            None => self.nothing(),
        }
    }

    fn select_what(&mut self, mask: Mask, a: &What, b: &What) -> Option<(What, Option<Mask>)> {
        let sure = |what| Some((what, None));
        match (a, b) {
            (What::Const(x), What::Const(y)) if x == y => sure(a.clone()),
            (What::Flag(_) | What::Const(Value::Bool(_)), What::Flag(_) | What::Const(Value::Bool(_))) => {
                let truth = |what: &What| match what {
                    What::Const(Value::Bool(known)) => Truth::Known(*known),
                    What::Flag(mask) => Truth::By(*mask),
                    _ => Truth::Known(false),
                };
                let (x, y) = (truth(a), truth(b));
                let selected = self.select_truth(mask, x, y);
                sure(Self::flag(selected, None).what)
            }
            (
                What::Number(_) | What::Const(Value::Number(_)),
                What::Number(_) | What::Const(Value::Number(_)),
            ) => {
                let (a, b) = (self.scaled(a)?, self.scaled(b)?);
                if a.by.is_some() || b.by.is_some() {
                    let (number, doubt) = self.select_ratio(mask, &a, &b)?;
                    return Some((What::Number(number), doubt));
                }
                let ((a, b), times, over, doubt) = self.aligned(&a, &b)?;
                let range = a.range.join(b.range);
                let reg = self.selected(mask, a.reg, b.reg);
                Some((What::Number(Scaled { reg, range, times, over, by: None }), doubt))
            }
            (What::Date(_) | What::Const(Value::Date(_)), What::Date(_) | What::Const(Value::Date(_))) => {
                let (a, b) = (self.day(a)?, self.day(b)?);
                let reg = self.selected(mask, a.reg, b.reg);
                sure(What::Date(Day { reg, range: a.range.join(b.range), moved: None }))
            }
            (What::Row { table, .. }, What::Row { table: other, .. }) if table == other => {
                let (a, b) = (self.row_reg(a)?, self.row_reg(b)?);
                sure(What::Row { row: Some(self.selected(mask, a, b)), table: *table })
            }
            (What::Record(a), What::Record(b)) if a.len() == b.len() => {
                let fields = a.iter().zip(b).map(|(a, b)| self.select(mask, a, b)).collect();
                sure(What::Record(fields))
            }
            (What::Text(a), What::Text(b)) if Arc::ptr_eq(a, b) => sure(What::Text(Arc::clone(a))),
            (What::Whole(a), What::Whole(b)) if Arc::ptr_eq(a, b) => sure(What::Whole(Arc::clone(a))),
            (What::Listed(a, item), What::Listed(b, other)) if item == other => {
                sure(What::Listed(self.selected(mask, *a, *b), item.clone()))
            }
            (What::Text(column), What::Text(_) | What::Code(..) | What::Const(_)) => {
                let codes = self.texts_as_codes(column)?;
                self.select_what(mask, &codes, b)
            }
            (What::Code(..) | What::Const(_), What::Text(column)) => {
                let codes = self.texts_as_codes(column)?;
                self.select_what(mask, a, &codes)
            }
            (What::Code(..) | What::Const(_), What::Code(..) | What::Const(_)) => {
                if let Some(selected) = self.select_planes(mask, a, b) {
                    return sure(selected);
                }
                let (a, b) = (self.code(a), self.code(b));
                let (a, b, values) = self.same_codes((a.0, &a.1), (b.0, &b.1))?;
                sure(What::Code(self.selected(mask, a, b), values))
            }
            _ => None,
        }
    }

    /// One condition where a mask is set, else the other.
    pub(super) fn select_truth(&mut self, mask: Mask, x: Truth, y: Truth) -> Truth {
        let by = Truth::By(mask);
        match (x, y) {
            (Truth::Known(x), Truth::Known(y)) if x == y => Truth::Known(x),
            (Truth::Known(true), y) => self.or(by, y),
            (Truth::Known(false), Truth::By(a)) => {
                Truth::By(self.mask_op(|to| Op::Without { a, b: mask, to }))
            }
            (Truth::Known(false), _) => self.not(by),
            (x, Truth::Known(false)) => self.and(by, x),
            (x, Truth::Known(true)) => {
                let not = self.not(by);
                self.or(not, x)
            }
            (Truth::By(a), Truth::By(b)) => Truth::By(self.mask_op(|to| Op::SelectMask { mask, a, b, to })),
        }
    }

    /// A register where a mask is set, else another.
    pub(super) fn selected(&mut self, mask: Mask, a: Reg, b: Reg) -> Reg {
        if a == b { a } else { self.number_op(|to| Op::Select { mask, a, b, to }) }
    }

    /// A code, or a constant as the only one of its list.
    pub(super) fn code(&mut self, what: &What) -> (Reg, Arc<[Value]>) {
        match what {
            What::Code(reg, values) => (*reg, Arc::clone(values)),
            What::Const(value) => {
                (self.number_op(|to| Op::Fill { value: 0, to }), Arc::from([value.clone()]))
            }
            _ => (self.number_op(|to| Op::Fill { value: 0, to }), Arc::from([])),
        }
    }

    /// Two codes in one list.
    pub(super) fn same_codes(
        &mut self,
        (a, values_a): (Reg, &Arc<[Value]>),
        (b, values_b): (Reg, &Arc<[Value]>),
    ) -> Option<(Reg, Reg, Arc<[Value]>)> {
        if values_a == values_b {
            return Some((a, b, Arc::clone(values_a)));
        }
        let mut all: IndexSet<Value> = values_a.iter().cloned().collect();
        // A list that has a value twice says the same by two codes.
        (all.len() == values_a.len()).then_some(())?;
        let mut table: Vec<i64> = Vec::with_capacity(values_b.len());
        for value in values_b.iter() {
            table.push(i64::try_from(all.insert_full(value.clone()).0).ok()?);
        }
        (all.len() <= MOST_TEXTS).then_some(())?;
        let b = if table.iter().zip(0..).all(|(to, from): (&i64, i64)| *to == from) {
            b
        } else {
            self.number_op(|to| Op::Map { a: b, table: table.into(), to })
        };
        Some((a, b, all.into_iter().collect()))
    }

    /// The first figure where it is present, else the second.
    pub(super) fn otherwise(&mut self, a: &Expr, b: &Expr, frame: &mut Vec<Figure>) -> Figure {
        let first = self.lower(a, frame);
        let absent = self.absence(&first);
        let doubt = first.doubt;
        let rest = Figure { absent: None, doubt: None, ..first };
        self.choose((absent, doubt), |s| s.lower(b, frame), |_| rest)
    }

    /// A choice among values.
    pub(super) fn matching(
        &mut self,
        subject: &Expr,
        arms: &[MatchArm],
        otherwise: Option<&Expr>,
        frame: &mut Vec<Figure>,
    ) -> Figure {
        let subject = self.lower(subject, frame);
        let mut figure = self.arms(&subject, arms, otherwise, frame);
        figure.doubt = self.either(figure.doubt, subject.doubt);
        figure
    }

    fn arms(
        &mut self,
        subject: &Figure,
        arms: &[MatchArm],
        otherwise: Option<&Expr>,
        frame: &mut Vec<Figure>,
    ) -> Figure {
        let Some((arm, rest)) = arms.split_first() else {
            return match otherwise {
                Some(value) => self.lower(value, frame),
                None => self.nothing(),
            };
        };
        let (mut applies, mut doubt) = (Truth::Known(false), None);
        for pattern in &arm.patterns {
            let pattern = self.lower(pattern, frame);
            let (same, more) = self.equal(&Figure { doubt: None, ..subject.clone() }, &pattern);
            doubt = self.either(doubt, more);
            applies = self.or(applies, same);
        }
        let mut scope = frame.clone();
        self.choose(
            (applies, doubt),
            |s| s.lower(&arm.value, frame),
            |s| s.arms(subject, rest, otherwise, &mut scope),
        )
    }
}
