//! Comparisons of figures of any kind.

use super::Lowering;
use super::emit::Truth;
use super::figure::{Day, Figure, What};
use crate::columns::program::{Is, Mask, Op, Reg};
use crate::ir::Expr;
use crate::syntax::ast::CmpOp;
use crate::value::{Bits, MonthEnd, Value, add_months};
use chrono::{Datelike, NaiveDate};
use std::cmp::Ordering;
use std::sync::Arc;

/// Rows where a comparison holds, and rows in doubt.
type Compared = (Truth, Option<Mask>);

impl Lowering<'_, '_, '_> {
    /// A chain of comparisons, which ends for a row where one does not hold.
    pub(super) fn chain(&mut self, first: &Expr, rest: &[(CmpOp, Expr)], frame: &mut Vec<Figure>) -> Figure {
        let mut left = self.lower(first, frame);
        let (mut holds, mut doubt) = (Truth::Known(true), None);
        for (op, part) in rest {
            if matches!(holds, Truth::Known(false)) {
                break;
            }
            let right = self.lower(part, frame);
            let (next, more) = self.compare(*op, &left, &right);
            let more = self.where_(more, holds, true);
            doubt = self.either(doubt, more);
            holds = self.and(holds, next);
            left = right;
        }
        Self::flag(holds, doubt)
    }

    pub(super) fn compare(&mut self, op: CmpOp, a: &Figure, b: &Figure) -> Compared {
        match op {
            CmpOp::Eq => self.equal(a, b),
            CmpOp::Ne => {
                let (truth, doubt) = self.equal(a, b);
                (self.not(truth), doubt)
            }
            CmpOp::Lt => self.ordered(a, Is::Less, b),
            CmpOp::Le => self.ordered(a, Is::AtMost, b),
            CmpOp::Gt => self.ordered(b, Is::Less, a),
            CmpOp::Ge => self.ordered(b, Is::AtMost, a),
        }
    }

    fn ordered(&mut self, a: &Figure, is: Is, b: &Figure) -> Compared {
        let (a, b) = (self.present(a), self.present(b));
        let doubt = self.either(a.doubt, b.doubt);
        let found = match (&a.what, &b.what) {
            (What::Const(a), What::Const(b)) => crate::library::compare(a, b).map(|order| {
                let holds = order == Ordering::Less || (is == Is::AtMost && order == Ordering::Equal);
                (Truth::Known(holds), None)
            }),
            (What::Text(column), What::Const(_)) => {
                let codes = self.texts_as_codes(column);
                codes.and_then(|codes| self.compare_codes(&codes, is, &b.what))
            }
            (What::Const(_), What::Text(column)) => {
                let codes = self.texts_as_codes(column);
                codes.and_then(|codes| self.compare_codes(&a.what, is, &codes))
            }
            (What::Code(..), _) | (_, What::Code(..)) => self.compare_codes(&a.what, is, &b.what),
            (What::Date(_), _) | (_, What::Date(_)) => self.compare_days(&a.what, is, &b.what),
            _ => self.compare_numbers(&a.what, is, &b.what),
        };
        self.compared(found, doubt)
    }

    /// Whether values of a list, which are in an order of their own, are less than another, or the same.
    fn compare_codes(&mut self, a: &What, is: Is, b: &What) -> Option<Compared> {
        let holds =
            |order: Ordering| order == Ordering::Less || (is == Is::AtMost && order == Ordering::Equal);
        let (reg, values, found): (Reg, _, Vec<bool>) = match (a, b) {
            (What::Code(reg, values), What::Const(other)) => {
                let orders = values.iter().map(|value| crate::library::compare(value, other).map(holds));
                (*reg, values, orders.collect::<Option<_>>()?)
            }
            (What::Const(other), What::Code(reg, values)) => {
                let orders = values.iter().map(|value| crate::library::compare(other, value).map(holds));
                (*reg, values, orders.collect::<Option<_>>()?)
            }
            _ => return None,
        };
        Some((self.by_code(reg, values.len(), &found), None))
    }

    fn compared(&mut self, found: Option<Compared>, doubt: Option<Mask>) -> Compared {
        match found {
            Some((truth, more)) => (truth, self.either(doubt, more)),
            None => (Truth::Known(false), Some(self.all())),
        }
    }

    /// Whether two values are the same; absence equals itself.
    pub(super) fn equal(&mut self, a: &Figure, b: &Figure) -> Compared {
        let doubt = self.either(a.doubt, b.doubt);
        let (absent_a, absent_b) = (self.absence(a), self.absence(b));
        let both = self.and(absent_a, absent_b);
        let any = self.or(absent_a, absent_b);
        if matches!(any, Truth::Known(true)) {
            return (both, doubt);
        }
        let (same, doubt) = {
            let found = self.same(&a.what, &b.what);
            self.compared(found, doubt)
        };
        let none = self.not(any);
        let present = self.and(none, same);
        (self.or(both, present), doubt)
    }

    fn same(&mut self, a: &What, b: &What) -> Option<Compared> {
        let sure = |truth| Some((truth, None));
        match (a, b) {
            (What::Const(a), What::Const(b)) => sure(Truth::Known(a == b)),
            (What::Flag(mask), What::Const(Value::Bool(known)))
            | (What::Const(Value::Bool(known)), What::Flag(mask)) => {
                let by = Truth::By(*mask);
                sure(if *known { by } else { self.not(by) })
            }
            (What::Flag(a), What::Flag(b)) => {
                let not_b = self.mask_op(|to| Op::Not { a: *b, to });
                sure(Truth::By(self.mask_op(|to| Op::SelectMask { mask: *a, a: *b, b: not_b, to })))
            }
            (What::Number(_), _) | (_, What::Number(_)) => self.compare_numbers(a, Is::Equal, b),
            (What::Date(_), _) | (_, What::Date(_)) => self.compare_days(a, Is::Equal, b),
            (What::Code(reg, values), What::Const(value)) | (What::Const(value), What::Code(reg, values)) => {
                let wanted = |v: &Value| v == value;
                sure(self.coded(*reg, values, wanted))
            }
            (What::Code(a, values_a), What::Code(b, values_b)) => {
                let (a, b, _) = self.same_codes((*a, values_a), (*b, values_b))?;
                sure(Truth::By(self.mask_op(|to| Op::Compare { a, is: Is::Equal, b, to })))
            }
            (What::Row { table: x, .. }, What::Row { table: y, .. }) if x == y => {
                let (a, b) = (self.row_reg(a)?, self.row_reg(b)?);
                sure(Truth::By(self.mask_op(|to| Op::Compare { a, is: Is::Equal, b, to })))
            }
            (What::Row { table, .. }, What::Const(Value::Row { table: of, row }))
            | (What::Const(Value::Row { table: of, row }), What::Row { table, .. })
                if usize::try_from(*of) == Ok(*table) =>
            {
                let a = self.row_reg(if matches!(a, What::Const(_)) { b } else { a })?;
                let value = i64::from(*row);
                sure(Truth::By(self.mask_op(|to| Op::CompareTo { a, is: Is::Equal, value, to })))
            }
            (What::Text(from), What::Const(Value::Text(text)))
            | (What::Const(Value::Text(text)), What::Text(from)) => {
                let (from, text) = (Arc::clone(from), Arc::clone(text));
                sure(Truth::By(self.mask_op(|to| Op::LoadText { from, text, to })))
            }
            _ => None,
        }
    }

    /// Rows whose code stands for a value of a kind.
    pub(super) fn coded(&mut self, a: Reg, values: &[Value], wanted: impl Fn(&Value) -> bool) -> Truth {
        let found: Vec<bool> = values.iter().map(wanted).collect();
        self.by_code(a, values.len(), &found)
    }

    /// Rows whose code is one of those marked among so many.
    fn by_code(&mut self, a: Reg, values: usize, found: &[bool]) -> Truth {
        if found.iter().all(|is| !is) {
            return Truth::Known(false);
        }
        if found.iter().all(|is| *is) {
            return Truth::Known(true);
        }
        if let Some(planes) = self.planes_of(a, values) {
            return self.within_planes(&planes, found);
        }
        let mut codes = (0_i64..).zip(found).filter(|(_, is)| **is).map(|(code, _)| code);
        if let (Some(value), None) = (codes.next(), codes.next()) {
            return Truth::By(self.mask_op(|to| Op::CompareTo { a, is: Is::Equal, value, to }));
        }
        let mut table = Bits::none(values);
        found.iter().enumerate().filter(|(_, is)| **is).for_each(|(code, _)| table.set(code));
        Truth::By(self.mask_op(|to| Op::Within { a, table: Arc::new(table), to }))
    }

    fn compare_days(&mut self, a: &What, is: Is, b: &What) -> Option<Compared> {
        // A day moved by months is compared with one day by asking how far the day itself may lie.
        if let (What::Date(Day { moved: Some((base, months)), .. }), What::Const(Value::Date(limit))) = (a, b)
            && let Some(last) = last_up_to(*months, *limit, is)
        {
            return Some((
                Truth::By(self.mask_op(|to| Op::CompareTo { a: *base, is: Is::AtMost, value: last, to })),
                None,
            ));
        }
        match (a, b) {
            (What::Date(day), What::Const(Value::Date(limit))) => {
                let limit = i128::from(limit.num_days_from_ce());
                Some((self.compare_to(day.reg, day.range, is, limit), None))
            }
            (What::Const(Value::Date(limit)), What::Date(day)) => {
                let limit = i128::from(limit.num_days_from_ce());
                let opposite = match is {
                    Is::Equal => return Some((self.compare_to(day.reg, day.range, is, limit), None)),
                    Is::Less => Is::AtMost,
                    Is::AtMost => Is::Less,
                };
                let below = self.compare_to(day.reg, day.range, opposite, limit);
                Some((self.not(below), None))
            }
            (What::Date(a), What::Date(b)) => {
                let (a, b) = (a.reg, b.reg);
                Some((Truth::By(self.mask_op(|to| Op::Compare { a, is, b, to })), None))
            }
            _ => None,
        }
    }

    /// Whether an item is among some.
    pub(super) fn among(&mut self, item: &Figure, list: &Figure) -> Figure {
        let doubt = self.either(item.doubt, list.doubt);
        if let (What::Code(reg, values), What::Const(Value::List(items))) = (&item.what, &list.what)
            && item.absent.is_none()
        {
            let (reg, values) = (*reg, Arc::clone(values));
            return Self::flag(self.coded(reg, &values, |v| items.contains(v)), doubt);
        }
        let items: Vec<Figure> = match &list.what {
            What::Const(Value::List(items)) => items.iter().cloned().map(Figure::constant).collect(),
            What::List(items) => items.clone(),
            _ => return self.nothing(),
        };
        let (mut found, mut doubt) = (Truth::Known(false), doubt);
        for one in &items {
            let (same, more) = self.equal(item, one);
            doubt = self.either(doubt, more);
            found = self.or(found, same);
        }
        Self::flag(found, doubt)
    }
}

/// The last day that, so many months later, is before a day (or no later): days later stay in order.
fn last_up_to(months: i64, limit: NaiveDate, is: Is) -> Option<i64> {
    if is == Is::Equal {
        return None;
    }
    let holds = |days: i64| -> Option<bool> {
        let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?)?;
        // A day that leaves the calendar is beyond it, or before it where it is moved back.
        let Ok(later) = add_months(date, months, MonthEnd::Clamp) else { return Some(months < 0) };
        Some(if is == Is::Less { later < limit } else { later <= limit })
    };
    let (mut low, mut high) = (1_i64, i64::from(NaiveDate::from_ymd_opt(9999, 12, 31)?.num_days_from_ce()));
    if !holds(low)? {
        return Some(low.saturating_sub(1));
    }
    while low < high {
        let middle = low.midpoint(high).saturating_add(i64::from((low ^ high) & 1 == 1));
        if holds(middle)? {
            low = middle;
        } else {
            high = middle.saturating_sub(1);
        }
    }
    Some(low)
}
