//! Dates: moved, taken apart, compared, and the terms in force on them.

use super::Lowering;
use super::figure::{Day, Figure, What};
use crate::columns::days;
use crate::columns::number::{Range, Scaled};
use crate::columns::program::{DatePart, Is, Mask, Op, Reg};
use crate::ir::DateStep;
use crate::value::Value;
use chrono::{Datelike, NaiveDate};

/// Days for which a list is made, at most.
const MOST_DAYS: usize = 16_384;
/// How many times as many rows there must be for that.
const FEWER: usize = 4;

/// The first and the last day of the calendar that plans know.
pub(super) fn calendar() -> Range {
    let day = |year, month, day| {
        NaiveDate::from_ymd_opt(year, month, day).map_or(0, |d| i128::from(d.num_days_from_ce()))
    };
    Range { low: day(1, 1, 1), high: day(9999, 12, 31) }
}

impl Lowering<'_, '_, '_> {
    /// A date moved by a number of days, months or years.
    pub(super) fn move_date(&mut self, step: DateStep, back: bool, date: &Figure, amount: &Figure) -> Figure {
        let date = self.present(date);
        let Some(Value::Number(n)) = amount.as_constant() else {
            return self.moved_by_row(step, back, &date, amount).unwrap_or_else(|| self.nothing());
        };
        let signed = n.to_i64().and_then(|n| if back { n.checked_neg() } else { Some(n) });
        let (What::Date(day), Some(amount)) = (&date.what, signed) else { return self.nothing() };
        let months = match step {
            DateStep::Days => {
                let range = day.range.plus(Range::one(amount.into()));
                let a = day.reg;
                if !range.fits() {
                    return self.nothing();
                }
                let reg = self.number_op(|to| Op::Affine { a, times: 1, plus: amount, to, doubt: None });
                return self.within_calendar(reg, range, date.doubt);
            }
            DateStep::Months => Some(amount),
            DateStep::Years => amount.checked_mul(12),
        };
        let Some(months) = months else { return self.nothing() };
        let a = day.reg;
        let listed = self.listed(day, |day| days::add_months(day, months));
        let (to, beyond) = (listed.unwrap_or_else(|| self.reg()), self.mask());
        if listed.is_none() {
            self.ops.push(Op::AddMonths { a, months, to, doubt: beyond });
        }
        // A month has 28 to 31 days; near the calendar's ends a row may leave it.
        let reach = i128::from(months).abs().saturating_mul(31).saturating_add(31);
        let safe = day.range.low.saturating_sub(reach) > calendar().low
            && day.range.high.saturating_add(reach) < calendar().high;
        let doubt = self.either(date.doubt, (!safe && listed.is_none()).then_some(beyond));
        let range = Range {
            low: day.range.low.saturating_sub(reach).max(calendar().low),
            high: day.range.high.saturating_add(reach).min(calendar().high),
        };
        let moved = safe.then_some((a, months));
        Figure { what: What::Date(Day { reg: to, range, moved }), absent: None, doubt }
    }

    /// A date moved by what differs by row.
    fn moved_by_row(&mut self, step: DateStep, back: bool, date: &Figure, amount: &Figure) -> Option<Figure> {
        let amount = self.present(amount);
        let (day, (by, reach, more)) = (self.day(&date.what)?, self.whole(&amount.what)?);
        let doubt = self.either(date.doubt, amount.doubt);
        let doubt = self.either(doubt, more);
        let sign = if back { -1 } else { 1 };
        let months = match step {
            DateStep::Days => {
                let range = day.range.plus(reach.times(Range::one(sign.into())));
                let (a, b) = (day.reg, by);
                let (reg, more) = self.checked(range, |to, doubt| Op::Combine {
                    a,
                    times_a: 1,
                    b,
                    times_b: sign,
                    to,
                    doubt,
                });
                let doubt = self.either(doubt, more);
                return Some(self.within_calendar(reg, range.cut(), doubt));
            }
            DateStep::Months => 1,
            DateStep::Years => 12,
        };
        let (to, beyond) = (self.reg(), self.mask());
        self.ops.push(Op::AddMonthsBy {
            a: day.reg,
            by,
            times: sign.checked_mul(months)?,
            to,
            doubt: beyond,
        });
        let doubt = self.either(doubt, Some(beyond));
        let what = What::Date(Day { reg: to, range: calendar(), moved: None });
        Some(Figure { what, absent: None, doubt })
    }

    /// Days as dates; those outside of the calendar are in doubt.
    fn within_calendar(&mut self, reg: Reg, range: Range, doubt: Option<Mask>) -> Figure {
        let (low, high) = (calendar().low, calendar().high);
        let early = self.compare_to(reg, range, Is::Less, low);
        let late = self.compare_to(reg, range, Is::AtMost, high);
        let late = self.not(late);
        let beyond = self.or(early, late);
        let beyond = self.rows_of(beyond);
        let doubt = self.either(doubt, beyond);
        let range = Range { low: range.low.clamp(low, high), high: range.high.clamp(low, high) };
        Figure { what: What::Date(Day { reg, range, moved: None }), absent: None, doubt }
    }

    /// The date of a year, a month and a day.
    pub(super) fn date_of(&mut self, parts: [&Figure; 3]) -> Figure {
        let (mut regs, mut doubt) = (Vec::with_capacity(parts.len()), None);
        for part in parts {
            let part = self.present(part);
            let Some((reg, _, more)) = self.whole(&part.what) else { return self.nothing() };
            doubt = self.either(doubt, part.doubt);
            doubt = self.either(doubt, more);
            regs.push(reg);
        }
        let Ok(parts) = <[Reg; 3]>::try_from(regs) else { return self.nothing() };
        let (to, none) = (self.reg(), self.mask());
        self.ops.push(Op::MakeDate { parts, to, doubt: none });
        let doubt = self.either(doubt, Some(none));
        Figure { what: What::Date(Day { reg: to, range: calendar(), moved: None }), absent: None, doubt }
    }

    /// What is made of days, from a list of it by day, where there are far fewer days than rows.
    fn listed(&mut self, day: &Day, make: impl Fn(i64) -> Option<i64>) -> Option<Reg> {
        let (low, high) = (i64::try_from(day.range.low).ok()?, i64::try_from(day.range.high).ok()?);
        let days = usize::try_from(high.checked_sub(low)?).ok()?.checked_add(1)?;
        let rows = self.engine.machine.dataset().len_of(self.table);
        (!self.paired && days <= MOST_DAYS && days.saturating_mul(FEWER) <= rows).then_some(())?;
        let made: Vec<i64> = (low..=high).map(make).collect::<Option<_>>()?;
        let (reg, plus) = (day.reg, low.checked_neg()?);
        let a = self.number_op(|to| Op::Affine { a: reg, times: 1, plus, to, doubt: None });
        Some(self.number_op(|to| Op::Map { a, table: made.into(), to }))
    }

    /// Days from the second date to the first.
    pub(super) fn days_between(&mut self, a: &Figure, b: &Figure) -> Figure {
        let (a, b) = (self.present(a), self.present(b));
        let doubt = self.either(a.doubt, b.doubt);
        let (Some(x), Some(y)) = (self.day(&a.what), self.day(&b.what)) else { return self.nothing() };
        let range =
            x.range.plus(Range { low: y.range.high.saturating_neg(), high: y.range.low.saturating_neg() });
        let reg =
            self.number_op(|to| Op::Combine { a: x.reg, times_a: 1, b: y.reg, times_b: -1, to, doubt: None });
        let number = Scaled { reg, range, times: 1, over: 1, by: None };
        Figure { what: What::Number(number), absent: None, doubt }
    }

    /// The earlier (or later) of two dates.
    pub(super) fn extreme_day(&mut self, a: &Figure, b: &Figure, greater: bool) -> Figure {
        let (a, b) = (self.present(a), self.present(b));
        let doubt = self.either(a.doubt, b.doubt);
        let (Some(x), Some(y)) = (self.day(&a.what), self.day(&b.what)) else { return self.nothing() };
        let reg = self.number_op(|to| Op::Extreme { a: x.reg, b: y.reg, greater, to });
        let day = Day { reg, range: x.range.join(y.range), moved: None };
        Figure { what: What::Date(day), absent: None, doubt }
    }

    /// A part of a date.
    pub(super) fn part_of_date(&mut self, name: &str, date: &Figure) -> Figure {
        let date = self.present(date);
        let Some(day) = self.day(&date.what) else { return self.nothing() };
        let (part, low, high) = match name {
            "year" => (DatePart::Year, 1, 9999),
            "month" => (DatePart::Month, 1, 12),
            "day" => (DatePart::Day, 1, 31),
            _ => (DatePart::MonthEnd, calendar().low, calendar().high),
        };
        let a = day.reg;
        let to = self
            .listed(&day, |day| Some(days::part(day, part)))
            .unwrap_or_else(|| self.number_op(|to| Op::Part { a, part, to }));
        let range = Range { low, high };
        let what = if part == DatePart::MonthEnd {
            What::Date(Day { reg: to, range, moved: None })
        } else {
            What::Number(Scaled { reg: to, range, times: 1, over: 1, by: None })
        };
        Figure { what, absent: None, doubt: date.doubt }
    }

    /// Where a row stands in its table, from 1.
    pub(super) fn position(&mut self, row: Reg, doubt: Option<Mask>) -> Figure {
        let range = Range { low: 1, high: u32::MAX.into() };
        let reg = self.number_op(|to| Op::Affine { a: row, times: 1, plus: 1, to, doubt: None });
        Figure { what: What::Number(Scaled { reg, range, times: 1, over: 1, by: None }), absent: None, doubt }
    }

    /// The version of a term in force on each row's date.
    pub(super) fn term_at(&mut self, term: usize, date: &Figure) -> Figure {
        let date = self.present(date);
        let Some(term) = self.program.terms.get(term) else { return self.nothing() };
        if !term.has_history() {
            return term.at(None).map_or_else(
                || self.nothing(),
                |version| Figure { doubt: date.doubt, ..Figure::constant(version.value.clone()) },
            );
        }
        let Some(day) = self.day(&date.what) else { return self.nothing() };
        // From the last version to the first, each standing before what begins later.
        let mut figure = self.nothing();
        for version in &term.versions {
            let from = version.from.map_or(calendar().low, |d| d.num_days_from_ce().into());
            let begun = self.compare_to(day.reg, day.range, Is::Less, from);
            let begun = self.not(begun);
            let value = Figure::constant(version.value.clone());
            let value = match version.until {
                None => value,
                Some(until) => {
                    let last = i128::from(until.num_days_from_ce());
                    let in_force = self.compare_to(day.reg, day.range, Is::AtMost, last);
                    self.choose((in_force, None), |_| value, Self::nothing)
                }
            };
            let before = figure;
            figure = self.choose((begun, None), |_| value, |_| before);
        }
        figure.doubt = self.either(figure.doubt, date.doubt);
        figure
    }
}
