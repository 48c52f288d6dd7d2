//! Adds operations, leaving out what is known beforehand.

use super::Lowering;
use super::figure::{Day, Figure, What};
use crate::columns::number::{Range, Scaled, fraction};
use crate::columns::program::{Is, Mask, Op, Reg};
use crate::value::Value;
use chrono::Datelike;

/// A condition: known, or a mask.
#[derive(Clone, Copy, Debug)]
pub enum Truth {
    /// The same for every row.
    Known(bool),
    /// By row.
    By(Mask),
}

impl Lowering<'_, '_, '_> {
    /// A new register.
    pub(super) fn reg(&mut self) -> Reg {
        let reg = Reg(self.regs);
        self.regs = self.regs.saturating_add(1);
        reg
    }

    /// A new mask.
    pub(super) fn mask(&mut self) -> Mask {
        let mask = Mask(self.masks);
        self.masks = self.masks.saturating_add(1);
        mask
    }

    /// Adds an operation that writes a new register.
    pub(super) fn number_op(&mut self, op: impl FnOnce(Reg) -> Op) -> Reg {
        let to = self.reg();
        self.ops.push(op(to));
        to
    }

    /// Adds an operation that writes a new mask.
    pub(super) fn mask_op(&mut self, op: impl FnOnce(Mask) -> Op) -> Mask {
        let to = self.mask();
        self.ops.push(op(to));
        to
    }

    /// Rows whose number is 1.
    pub(super) fn is_set(&mut self, a: Reg) -> Mask {
        self.mask_op(|to| Op::CompareTo { a, is: Is::Equal, value: 1, to })
    }

    /// The mask of all rows.
    pub(super) fn all(&mut self) -> Mask {
        if let Some(all) = self.all {
            return all;
        }
        let all = self.mask_op(|to| Op::FillMask { value: true, to });
        self.all = Some(all);
        all
    }

    /// A figure of which nothing is known.
    pub(super) fn nothing(&mut self) -> Figure {
        let all = self.all();
        Figure { what: What::Nothing, absent: None, doubt: Some(all) }
    }

    /// Whether every row is in doubt.
    pub fn is_all(&self, mask: Option<Mask>) -> bool {
        mask.is_some() && mask == self.all
    }

    /// Rows of either mask.
    pub(super) fn either(&mut self, a: Option<Mask>, b: Option<Mask>) -> Option<Mask> {
        match (a, b) {
            (a, None) => a,
            (None, b) => b,
            (Some(a), Some(b)) if a == b => Some(a),
            (Some(_), Some(_)) if self.is_all(a) || self.is_all(b) => self.all,
            (Some(a), Some(b)) => Some(self.mask_op(|to| Op::Or { a, b, to })),
        }
    }

    /// Rows of a mask where a condition holds (or, with `holds` false, where it does not).
    pub(super) fn where_(&mut self, mask: Option<Mask>, condition: Truth, holds: bool) -> Option<Mask> {
        let a = mask?;
        match condition {
            Truth::Known(known) => (known == holds).then_some(a),
            Truth::By(b) if holds => {
                Some(if self.is_all(mask) { b } else { self.mask_op(|to| Op::And { a, b, to }) })
            }
            Truth::By(b) => Some(self.mask_op(|to| Op::Without { a, b, to })),
        }
    }

    /// A condition's negation.
    pub(super) fn not(&mut self, truth: Truth) -> Truth {
        match truth {
            Truth::Known(known) => Truth::Known(!known),
            Truth::By(a) => Truth::By(self.mask_op(|to| Op::Not { a, to })),
        }
    }

    /// Both conditions.
    pub(super) fn and(&mut self, a: Truth, b: Truth) -> Truth {
        match (a, b) {
            (Truth::Known(false), _) | (_, Truth::Known(false)) => Truth::Known(false),
            (Truth::Known(true), other) | (other, Truth::Known(true)) => other,
            (Truth::By(a), Truth::By(b)) => Truth::By(self.mask_op(|to| Op::And { a, b, to })),
        }
    }

    /// Either condition.
    pub(super) fn or(&mut self, a: Truth, b: Truth) -> Truth {
        match (a, b) {
            (Truth::Known(true), _) | (_, Truth::Known(true)) => Truth::Known(true),
            (Truth::Known(false), other) | (other, Truth::Known(false)) => other,
            (Truth::By(a), Truth::By(b)) => Truth::By(self.mask_op(|to| Op::Or { a, b, to })),
        }
    }

    /// A mask as a condition; none is never.
    pub(super) fn truth_of(&self, mask: Option<Mask>) -> Truth {
        match mask {
            None => Truth::Known(false),
            Some(_) if self.is_all(mask) => Truth::Known(true),
            Some(mask) => Truth::By(mask),
        }
    }

    /// A condition as a mask; none where it never holds.
    pub(super) fn rows_of(&mut self, truth: Truth) -> Option<Mask> {
        match truth {
            Truth::Known(false) => None,
            Truth::Known(true) => Some(self.all()),
            Truth::By(mask) => Some(mask),
        }
    }

    /// A condition as a figure.
    pub(super) fn flag(truth: Truth, doubt: Option<Mask>) -> Figure {
        let what = match truth {
            Truth::Known(known) => What::Const(Value::Bool(known)),
            Truth::By(mask) => What::Flag(mask),
        };
        Figure { what, absent: None, doubt }
    }

    /// A figure as a condition, and the rows in doubt.
    pub(super) fn truth(&mut self, figure: &Figure) -> (Truth, Option<Mask>) {
        let figure = self.present(figure);
        match figure.what {
            What::Const(Value::Bool(known)) => (Truth::Known(known), figure.doubt),
            What::Flag(mask) => (Truth::By(mask), figure.doubt),
            _ => (Truth::Known(false), Some(self.all())),
        }
    }

    /// A condition and its doubt, for what stands outside of formulas.
    pub fn truth_and_doubt(&mut self, figure: &Figure) -> (Truth, Option<Mask>) {
        self.truth(figure)
    }

    /// A figure's values, and the rows where there is none or where they are in doubt.
    pub fn required(&mut self, figure: &Figure) -> (What, Option<Mask>) {
        let figure = self.present(figure);
        (figure.what, figure.doubt)
    }

    /// Doubt about a condition, and about a value where the condition holds.
    pub fn both_doubts(&mut self, a: Option<Mask>, b: Option<Mask>, condition: Truth) -> Option<Mask> {
        let b = self.where_(b, condition, true);
        self.either(a, b)
    }

    /// Rows of either mask, for what stands outside of formulas.
    pub fn doubts(&mut self, a: Option<Mask>, b: Option<Mask>) -> Option<Mask> {
        self.either(a, b)
    }

    /// A mask of all rows, or of none.
    pub fn known(&mut self, value: bool) -> Mask {
        if value { self.all() } else { self.mask_op(|to| Op::FillMask { value, to }) }
    }

    /// The mask of all rows, for what stands outside of formulas.
    pub fn everything(&mut self) -> Mask {
        self.all()
    }

    /// A number without a divisor that differs by row, and the rows where that is not exact.
    pub fn plain(&mut self, number: Scaled) -> (Scaled, Option<Mask>) {
        self.undivided(number)
    }

    /// A row's number in a register, for what stands outside of formulas.
    pub fn row(&mut self, what: &What) -> Option<Reg> {
        self.row_reg(what)
    }

    /// Whether every row is in doubt.
    #[must_use]
    pub fn is_hopeless(&self, figure: &Figure) -> bool {
        self.is_all(figure.doubt)
    }

    /// A figure used where a value must be: rows without one are in doubt.
    pub(super) fn present(&mut self, figure: &Figure) -> Figure {
        if let What::Const(Value::Absent) = figure.what {
            return self.nothing();
        }
        let doubt = self.either(figure.absent, figure.doubt);
        Figure { what: figure.what.clone(), absent: None, doubt }
    }

    /// Rows where a figure is absent.
    pub(super) fn absence(&mut self, figure: &Figure) -> Truth {
        match figure.what {
            What::Const(Value::Absent) => Truth::Known(true),
            _ => self.truth_of(figure.absent),
        }
    }

    /// A number's scaled form; a constant stands in a register of ones.
    pub(super) fn scaled(&mut self, what: &What) -> Option<Scaled> {
        match what {
            What::Number(scaled) => Some(scaled.clone()),
            What::Const(Value::Number(n)) => {
                let (times, over) = fraction(n)?;
                // A register holds the sign and the zero, so that factors stay positive.
                let value = i64::try_from(times.signum()).ok()?;
                let reg = self.number_op(|to| Op::Fill { value, to });
                let times = times.checked_abs()?.max(1);
                Some(Scaled { reg, range: Range::one(value.into()), times, over, by: None })
            }
            _ => None,
        }
    }

    /// A date's register; a constant stands in one of its own.
    pub(super) fn day(&mut self, what: &What) -> Option<Day> {
        match what {
            What::Date(day) => Some(*day),
            What::Const(Value::Date(date)) => {
                let value = i64::from(date.num_days_from_ce());
                let reg = self.number_op(|to| Op::Fill { value, to });
                Some(Day { reg, range: Range::one(value.into()), moved: None })
            }
            _ => None,
        }
    }

    /// Compares a register with a number, which may lie outside what registers hold.
    pub(super) fn compare_to(&mut self, a: Reg, range: Range, is: Is, value: i128) -> Truth {
        match is {
            Is::Equal if !range.holds(value) => return Truth::Known(false),
            Is::Equal if range == Range::one(value) => return Truth::Known(true),
            Is::Less if range.high < value => return Truth::Known(true),
            Is::Less if range.low >= value => return Truth::Known(false),
            Is::AtMost if range.high <= value => return Truth::Known(true),
            Is::AtMost if range.low > value => return Truth::Known(false),
            _ => {}
        }
        // What is left lies within the range, or one beyond it.
        match i64::try_from(value) {
            Ok(value) => {
                // Below a number is at most the one before, so that both are one operation.
                let before = value.checked_sub(1).filter(|_| is == Is::Less);
                let (is, value) = before.map_or((is, value), |before| (Is::AtMost, before));
                Truth::By(self.mask_op(|to| Op::CompareTo { a, is, value, to }))
            }
            Err(_) => Truth::Known(value > 0),
        }
    }
}
