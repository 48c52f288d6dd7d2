//! The functions of the language that the decision procedure understands: extremes, sizes and
//! roundings exactly, others by the range of their values.

use super::formula::Formula;
use super::linear::{Linear, Relation};
use super::range::Range;
use super::reading::Env;
use super::world::{Aspect, Kind, Origin, Sym, SymValue, World};
use crate::ir::{Expr, ExprKind};
use crate::library::{Builtin, Rounds};
use crate::number::{Num, RoundingMode};
use crate::value::Type;

/// The most values that an extreme is taken of exactly.
const MOST_VALUES: usize = 6;

impl World<'_> {
    /// Reads a function of the language with its arguments.
    pub fn builtin(&mut self, builtin: &Builtin, args: &[Expr], expr: &Expr, env: &mut Env) -> Sym {
        let is_amount = |ty: &Type| matches!(ty.required(), Type::Number(_) | Type::Date);
        match (builtin.name, args) {
            ("min" | "earliest" | "max" | "latest", [_, _, ..])
                if args.len() <= MOST_VALUES && args.iter().all(|a| is_amount(&a.ty)) =>
            {
                let values: Vec<Sym> = args.iter().map(|a| self.read(a, env)).collect();
                self.extreme(matches!(builtin.name, "min" | "earliest"), &values, expr)
            }
            ("min" | "earliest" | "max" | "latest" | "first" | "last" | "sum", [list])
                if is_amount(&expr.ty) =>
            {
                let item = self.range_of_items(list, env);
                let range = match (builtin.name, item.is_from_zero(), item.negated().is_from_zero()) {
                    ("sum", true, _) => Range::from(Num::ZERO),
                    ("sum", _, true) => Range::from(Num::ZERO).negated(),
                    ("sum", ..) => Range::default(),
                    _ => item,
                };
                self.ranged(expr, env, range)
            }
            ("product", [list]) => {
                let item = self.range_of_items(list, env);
                let range = if item.is_from_zero() {
                    // Factors that are never 0 have no product that is; their least one says no more.
                    let mut low = Range::from(Num::ZERO);
                    if let Some(end) = low.low.as_mut().filter(|_| !item.holds(&Num::ZERO)) {
                        end.open = true;
                    }
                    low
                } else {
                    Range::default()
                };
                self.ranged(expr, env, range)
            }
            ("abs", [of]) => {
                let of = self.read(of, env);
                let sum = self.amount_of(&of);
                let minus = sum.times(&Num::ONE.neg());
                match minus {
                    Some(minus) => {
                        let id = self.number("minus", vec![of.id]);
                        let minus = Sym { id, present: Formula::Known(true), value: SymValue::Amount(minus) };
                        self.extreme(false, &[of, minus], expr)
                    }
                    None => self.ranged(expr, env, Range::from(Num::ZERO)),
                }
            }
            ("floor" | "ceiling" | "round", [of, step, ..]) => {
                self.rounded(builtin, of, step, args.len(), expr, env)
            }
            ("count" | "position", [_]) => {
                let least = if builtin.name == "count" { Num::ZERO } else { Num::ONE };
                self.whole(expr, env, Range::from(least))
            }
            ("year", _) => self.whole(expr, env, Range::between(Num::ONE, Num::from(9_999))),
            ("month", _) => self.whole(expr, env, Range::between(Num::ONE, Num::from(12))),
            ("day", _) => self.whole(expr, env, Range::between(Num::ONE, Num::from(31))),
            ("days_360", _) => self.whole(expr, env, Range::default()),
            ("month_end", [date]) => {
                let date = self.read(date, env);
                let from = self.amount_of(&date);
                let sym = self.unknown(expr, env);
                let to = self.amount_of(&sym);
                self.bounded(&to, &to, &from, 0, 30);
                sym
            }
            (
                "business_day_on_or_before"
                | "business_day_on_or_after"
                | "previous_business_day"
                | "next_business_day",
                [date, _],
            ) => {
                let date = self.read(date, env);
                let from = self.amount_of(&date);
                let sym = self.unknown(expr, env);
                let to = self.amount_of(&sym);
                let own = i64::from(!builtin.name.ends_with("business_day"));
                // How far away the next business day is depends on the calendar: only the side is known.
                let least = 1_i64.saturating_sub(own);
                if builtin.name.contains("before") || builtin.name.starts_with("previous") {
                    self.bounded(&to, &from, &to, least, i64::from(u32::MAX));
                } else {
                    self.bounded(&to, &to, &from, least, i64::from(u32::MAX));
                }
                sym
            }
            _ => self.unknown(expr, env),
        }
    }

    /// Notes of a date that it, or the other, lies so many days after the other, or it.
    fn bounded(&mut self, of: &Linear, to: &Linear, from: &Linear, least: i64, most: i64) {
        let owner = of.vars().next();
        let Some(distance) = to.minus(from) else { return };
        for (bound, sign) in [(least, Num::ONE.neg()), (most, Num::ONE)] {
            let past = distance.minus(&Linear::constant(Num::from(bound))).and_then(|sum| sum.times(&sign));
            if let (Some(past), Some(owner)) = (past, owner) {
                self.define(owner, Formula::compared(past, Relation::AtMost));
            }
        }
    }

    /// A value that is not looked into, of which a range is known.
    fn ranged(&mut self, expr: &Expr, env: &mut Env, range: Range) -> Sym {
        let id = self.unknown_id(expr, env);
        self.beyond(id, expr, range)
    }

    /// A whole number that is not looked into.
    fn whole(&mut self, expr: &Expr, env: &mut Env, range: Range) -> Sym {
        let id = self.unknown_id(expr, env);
        self.var(id, Aspect::Value, Kind::Number { whole: true, range: range.clone() }, Origin::Beyond);
        self.beyond(id, expr, range)
    }

    /// The least or the greatest of some values.
    fn extreme(&mut self, least: bool, values: &[Sym], expr: &Expr) -> Sym {
        let sums: Vec<Linear> = values.iter().map(|value| self.amount_of(value)).collect();
        let mut range: Option<Range> = None;
        for sum in &sums {
            let one = self.range_of(sum);
            range = Some(range.map_or(one.clone(), |known| {
                if least { smaller(&known, &one) } else { larger(&known, &one) }
            }));
        }
        let ids = values.iter().map(|value| value.id).collect();
        let whole = matches!(expr.ty.required(), Type::Date);
        let how = if least { "least" } else { "greatest" };
        let var = self.helper(how, ids, whole, range.unwrap_or_default(), Origin::Defined);
        let chosen = Linear::multiple(var, Num::ONE);
        let mut equal = Vec::new();
        for sum in &sums {
            let (Some(above), Some(below)) = (chosen.minus(sum), sum.minus(&chosen)) else { continue };
            self.define(var, Formula::compared(if least { above.clone() } else { below }, Relation::AtMost));
            equal.push(Formula::zero(above));
        }
        if equal.len() == sums.len() {
            self.define(var, Formula::any(equal));
        }
        let id = self.number(how, values.iter().map(|value| value.id).collect());
        Sym { id, present: Formula::Known(true), value: SymValue::Amount(chosen) }
    }

    /// A number cut to a multiple of a step.
    fn rounded(
        &mut self,
        builtin: &Builtin,
        of: &Expr,
        step: &Expr,
        count: usize,
        expr: &Expr,
        env: &mut Env,
    ) -> Sym {
        let (of, by) = (self.read(of, env), self.read(step, env));
        let sum = self.amount_of(&of);
        let by_sum = self.amount_of(&by);
        let range = self.range_of(&sum);
        let Some(step) = by_sum.as_constant().filter(|n| n.is_positive()).cloned() else {
            // Whatever the step, what is not negative stays so.
            let kept = if range.is_from_zero() { Range::from(Num::ZERO) } else { Range::default() };
            return self.ranged(expr, env, kept);
        };
        let mode = match builtin.rounds {
            Some(Rounds::Always(mode)) => Some(mode),
            _ => None,
        };
        let counted = range.times(&Range::only(Num::ONE.div(&step, 512).unwrap_or(Num::ONE)));
        let ends = |end: &Option<super::range::End>, mode| {
            end.as_ref().and_then(|e| {
                Some(super::range::End { at: e.at.round_to(&Num::ONE, mode, 1_024).ok()?, open: false })
            })
        };
        let (down, up) = (RoundingMode::Floor, RoundingMode::Ceiling);
        let counted = match mode {
            Some(RoundingMode::Floor) => {
                Range { low: ends(&counted.low, down), high: ends(&counted.high, down) }
            }
            Some(RoundingMode::Ceiling) => {
                Range { low: ends(&counted.low, up), high: ends(&counted.high, up) }
            }
            _ => Range { low: ends(&counted.low, down), high: ends(&counted.high, up) },
        };
        // Which way a tie goes is not looked into.
        let origin = if mode.is_some() { Origin::Defined } else { Origin::Beyond };
        let how = format!("{} {count}", builtin.name);
        let var = self.helper(&how, vec![of.id, by.id], true, counted, origin);
        self.call_it(var, expr);
        let cut = Linear::multiple(var, step.clone());
        let half = step.div(&Num::from(2), 512).unwrap_or_else(|_| step.clone());
        // By how much the number may lie above what it is cut to, and below it.
        let (above, below) = match mode {
            Some(RoundingMode::Floor) => (Some(&step), None),
            Some(RoundingMode::Ceiling) => (None, Some(&step)),
            // A mode of its own may go either way by nearly a step.
            _ if count > 2 => (Some(&step), Some(&step)),
            _ => (Some(&half), Some(&half)),
        };
        let relation = if mode.is_some() { Relation::Below } else { Relation::AtMost };
        if let (Some(over), Some(under)) = (sum.minus(&cut), cut.minus(&sum)) {
            for (difference, most) in [(over, above), (under, below)] {
                let (limit, relation) = match most {
                    Some(most) => (most.clone(), relation),
                    None => (Num::ZERO, Relation::AtMost),
                };
                if let Some(past) = difference.minus(&Linear::constant(limit)) {
                    self.define(var, Formula::compared(past, relation));
                }
            }
        }
        let id = self.number(how, vec![of.id, by.id]);
        Sym { id, present: Formula::Known(true), value: SymValue::Amount(cut) }
    }

    /// The numbers that the items of a list may be.
    fn range_of_items(&mut self, list: &Expr, env: &mut Env) -> Range {
        match &list.kind {
            ExprKind::Query(query) => {
                let value = self.read(&query.value, env);
                match &value.value {
                    SymValue::Amount(sum) => self.range_of(sum),
                    _ => Range::default(),
                }
            }
            ExprKind::Project { access, .. } => {
                let value = self.read(access, env);
                match &value.value {
                    SymValue::Amount(sum) => self.range_of(sum),
                    _ => Range::default(),
                }
            }
            ExprKind::List(items) => {
                let mut all: Option<Range> = None;
                for item in items {
                    let value = self.read(item, env);
                    let range = match &value.value {
                        SymValue::Amount(sum) => self.range_of(sum),
                        _ => return Range::default(),
                    };
                    all = Some(all.map_or(range.clone(), |known| known.or(&range)));
                }
                all.unwrap_or_default()
            }
            ExprKind::Builtin(builtin, args) if matches!(builtin.name, "present" | "distinct") => {
                args.first().map_or_else(Range::default, |list| self.range_of_items(list, env))
            }
            ExprKind::Concat(a, b) => self.range_of_items(a, env).or(&self.range_of_items(b, env)),
            _ => Range::default(),
        }
    }
}

/// The lesser of two: neither may be above it.
fn smaller(a: &Range, b: &Range) -> Range {
    Range { low: a.or(b).low, high: a.and(b).high }
}

/// The greater of two.
fn larger(a: &Range, b: &Range) -> Range {
    Range { low: a.and(b).low, high: a.or(b).high }
}
