//! Formulas as the decision procedure understands them. What it does not understand becomes a value of
//! its own, the same one wherever the same formula stands: of it only the range is known.

use super::formula::{Formula, Literal};
use super::linear::{Linear, Relation};
use super::range::Range;
use super::words;
use super::world::{Aspect, Kind, Later, Origin, Sym, SymValue, Thing, World};
use crate::ir::{Arith, DateStep, Expr, ExprKind, Holder, RuleBody};
use crate::number::Num;
use crate::syntax::ast::CmpOp;
use crate::value::{Type, Value};
use std::sync::Arc;

/// What variables stand for.
pub type Env = Vec<(usize, Sym)>;

/// The longest list of names that is compared name by name.
const MOST_NAMES: usize = 40;

fn truth(known: bool) -> SymValue {
    SymValue::Truth(Formula::Known(known))
}

impl World<'_> {
    /// A condition; one that is not understood is taken to be either.
    pub fn condition(&mut self, expr: &Expr, env: &mut Env) -> Formula {
        let sym = self.read(expr, env);
        self.truth_of(&sym)
    }

    /// A value as a condition.
    pub fn truth_of(&mut self, sym: &Sym) -> Formula {
        match &sym.value {
            SymValue::Truth(formula) => formula.clone(),
            _ => Formula::flag(self.var(sym.id, Aspect::Value, Kind::Flag, Origin::Beyond)),
        }
    }

    /// A value as a number, or a date as days.
    pub fn amount_of(&mut self, sym: &Sym) -> Linear {
        if let SymValue::Amount(sum) = &sym.value {
            return sum.clone();
        }
        let kind = Kind::Number { whole: false, range: Range::default() };
        Linear::multiple(self.var(sym.id, Aspect::Value, kind, Origin::Beyond), Num::ONE)
    }

    /// Reads a formula.
    pub fn read(&mut self, expr: &Expr, env: &mut Env) -> Sym {
        if !self.step() {
            let id = self.number(format!("unread {:?}", expr.span), Vec::new());
            return self.beyond(id, expr, Range::default());
        }
        match &expr.kind {
            ExprKind::Const(value) => self.constant(value),
            ExprKind::Local(slot) => {
                if let Some((_, sym)) = env.iter().rev().find(|(s, _)| s == slot) {
                    return sym.clone();
                }
                let id = self.number(format!("slot {slot} {:?}", expr.ty.required()), Vec::new());
                self.beyond(id, expr, Range::default())
            }
            ExprKind::Input { record, field } => self.input(*record, *field),
            ExprKind::Record(record) => {
                let id = self.number(format!("record {record}"), Vec::new());
                let info = self.program.records.get(*record);
                let said = info.map_or_else(|| Arc::from(""), |r| Arc::clone(&r.name.value));
                let optional = info.is_some_and(|r| r.optional);
                let ty = if optional { expr.ty.clone().optional() } else { expr.ty.required().clone() };
                self.value(id, Thing { said, ty, origin: Origin::Data }, Range::default())
            }
            ExprKind::RowField(base, field) => {
                let Type::Row(table) = base.ty.required() else { return self.unknown(expr, env) };
                let base = self.read(base, env);
                self.field(Holder::Table(*table), *field, &base)
            }
            ExprKind::Rule(rule) | ExprKind::RowRule(_, rule) => {
                let row = match &expr.kind {
                    ExprKind::RowRule(base, _) => Some(self.read(base, env)),
                    _ => None,
                };
                let id = self.number(format!("rule {}", rule.0), row.iter().map(|r| r.id).collect());
                let Some(info) = self.program.rule(*rule) else { return self.unknown(expr, env) };
                let said = self.path(row.as_ref().map(|r| r.id), &info.name.value);
                let range = self.rule_ranges.get(rule).cloned().unwrap_or_default();
                let thing = Thing { said, ty: info.ty.clone(), origin: Origin::Concluded };
                let mut sym = self.value(id, thing, range);
                if let Some(row) = &row {
                    sym.present = Formula::all([row.present.clone(), sym.present]);
                }
                self.define_later(id, Later::Rule(*rule, row));
                sym
            }
            ExprKind::Term(term, at) => self.term(*term, at.as_deref(), expr, env),
            ExprKind::Assumption(assumption) => {
                let id = self.number(format!("assumption {assumption}"), Vec::new());
                let Some(info) = self.program.assumptions.get(*assumption) else {
                    return self.unknown(expr, env);
                };
                let said = Arc::from(format!("assumption.{}", info.name.value));
                let ty = Type::Enum(Arc::clone(&info.readings));
                self.value(id, Thing { said, ty, origin: Origin::Reading }, Range::default())
            }
            ExprKind::Call(function, args) => {
                let args: Vec<Sym> = args.iter().map(|arg| self.read(arg, env)).collect();
                let id = self.number(format!("call {}", function.0), args.iter().map(|a| a.id).collect());
                let Some(info) = self.program.functions.get(function.0) else {
                    return self.unknown(expr, env);
                };
                let range = self.function_ranges.get(function).cloned().unwrap_or_default();
                let thing =
                    Thing { said: self.slice(expr.span), ty: info.ty.clone(), origin: Origin::Concluded };
                let sym = self.value(id, thing, range);
                self.define_later(id, Later::Call(*function, args));
                sym
            }
            ExprKind::Builtin(builtin, args) => self.builtin(builtin, args, expr, env),
            ExprKind::Negate(inner) => {
                let inner = self.read(inner, env);
                let sum = self.amount_of(&inner).times(&Num::ONE.neg());
                self.sum("negated", vec![inner.id], sum, expr)
            }
            ExprKind::Not(inner) => {
                let inner = self.read(inner, env);
                let formula = self.truth_of(&inner).negated();
                self.statement("not", vec![inner.id], formula)
            }
            ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                let (a, b) = (self.read(a, env), self.read(b, env));
                let parts = [self.truth_of(&a), self.truth_of(&b)];
                if matches!(expr.kind, ExprKind::And(..)) {
                    self.statement("and", vec![a.id, b.id], Formula::all(parts))
                } else {
                    self.statement("or", vec![a.id, b.id], Formula::any(parts))
                }
            }
            ExprKind::Compare(first, rest) => {
                let mut left = self.read(first, env);
                let (mut ids, mut parts, mut how) = (vec![left.id], Vec::new(), String::from("compared"));
                for (op, right) in rest {
                    let right = self.read(right, env);
                    parts.push(self.comparison(&left, *op, &right));
                    ids.push(right.id);
                    how.push_str(&format!(" {op:?}"));
                    left = right;
                }
                self.statement(&how, ids, Formula::all(parts))
            }
            ExprKind::In(item, list, negated) => {
                let ExprKind::List(items) = &list.kind else { return self.unknown(expr, env) };
                let item = self.read(item, env);
                let (mut ids, mut parts) = (vec![item.id], Vec::new());
                for one in items {
                    let one = self.read(one, env);
                    ids.push(one.id);
                    parts.push(self.comparison(&item, CmpOp::Eq, &one));
                }
                let is = Formula::any(parts);
                self.statement("in", ids, if *negated { is.negated() } else { is })
            }
            ExprKind::IsPresent(inner, negated) => {
                let inner = self.read(inner, env);
                let present = if *negated { inner.present.negated() } else { inner.present.clone() };
                self.statement(if *negated { "absent" } else { "present" }, vec![inner.id], present)
            }
            ExprKind::Otherwise(a, b) => {
                let (a, b) = (self.read(a, env), self.read(b, env));
                let present = a.present.clone();
                let id = self.number("present", vec![a.id]);
                self.choice((&present, id), &a, &b, expr)
            }
            ExprKind::If(condition, a, b) => {
                let condition = self.read(condition, env);
                let (a, b) = (self.read(a, env), self.read(b, env));
                let holds = self.truth_of(&condition);
                self.choice((&holds, condition.id), &a, &b, expr)
            }
            ExprKind::Match(subject, arms, otherwise) => {
                let subject = self.read(subject, env);
                let mut left = match otherwise {
                    Some(last) => self.read(last, env),
                    None => self.nothing(SymValue::Fails),
                };
                // The last arm needs no condition where nothing else is left for it.
                for (place, arm) in arms.iter().enumerate().rev() {
                    let value = self.read(&arm.value, env);
                    if otherwise.is_none() && place == arms.len().saturating_sub(1) {
                        left = value;
                        continue;
                    }
                    let (mut parts, mut ids) = (Vec::new(), vec![subject.id]);
                    for pattern in &arm.patterns {
                        let pattern = self.read(pattern, env);
                        ids.push(pattern.id);
                        parts.push(self.comparison(&subject, CmpOp::Eq, &pattern));
                    }
                    let id = self.number("in", ids);
                    left = self.choice((&Formula::any(parts), id), &value, &left, expr);
                }
                left
            }
            ExprKind::Let(slot, _, value, body) => {
                let value = self.named(value, env);
                env.push((*slot, value));
                let body = self.read(body, env);
                env.pop();
                body
            }
            ExprKind::Arith(op, a, b) => self.arithmetic(*op, a, b, expr, env),
            ExprKind::DateStep(step, back, date, by) => self.date_step(*step, *back, (date, by), expr, env),
            ExprKind::DateDifference(a, b) => {
                let (a, b) = (self.read(a, env), self.read(b, env));
                let (x, y) = (self.amount_of(&a), self.amount_of(&b));
                self.sum("days between", vec![a.id, b.id], x.minus(&y), expr)
            }
            ExprKind::Power(base, exponent) => {
                let base = self.read(base, env);
                let sum = self.amount_of(&base);
                let of = self.range_of(&sum);
                if let Some(value) = sum.as_constant().and_then(|n| n.powi(*exponent, 1_024).ok()) {
                    return self.constant(&Value::Number(value));
                }
                let mut range = Range::default();
                if *exponent > 0 && of.is_from_zero() {
                    range = (1..*exponent).take(20).fold(of.clone(), |range, _| range.times(&of));
                    range.high = range.high.filter(|_| *exponent <= 20);
                    range.low = range.low.filter(|end| *exponent <= 20 || end.at >= Num::ONE);
                } else if exponent % 2 == 0 {
                    range = Range::from(Num::ZERO);
                }
                let id = self.number(format!("power {exponent}"), vec![base.id]);
                self.beyond(id, expr, range)
            }
            ExprKind::Fail(_) => self.nothing(SymValue::Fails),
            _ => self.unknown(expr, env),
        }
    }

    /// A value that a name is given to: a condition is kept as one of its own, so that it is written
    /// once however often the name is used.
    pub fn named(&mut self, expr: &Expr, env: &mut Env) -> Sym {
        let mut sym = self.read(expr, env);
        if let SymValue::Truth(formula) = &sym.value
            && !matches!(formula, Formula::Known(_) | Formula::Is(_))
        {
            sym.value = SymValue::Truth(self.abbreviated(sym.id, formula.clone()));
        }
        sym
    }

    /// A condition under a number of its own.
    fn abbreviated(&mut self, id: usize, formula: Formula) -> Formula {
        if matches!(formula, Formula::Known(_) | Formula::Is(_)) {
            return formula;
        }
        let id = self.number("abbreviated", vec![id]);
        let var = self.var(id, Aspect::Value, Kind::Flag, Origin::Defined);
        let flag = Formula::flag(var);
        self.define(var, flag.implies(formula.clone()));
        self.define(var, flag.negated().implies(formula.negated()));
        flag
    }

    /// A constant.
    pub fn constant(&mut self, value: &Value) -> Sym {
        let id = self.number(format!("constant {value:?}"), Vec::new());
        let value = match value {
            Value::Bool(known) => truth(*known),
            Value::Number(n) => SymValue::Amount(Linear::constant(n.clone())),
            Value::Date(date) => SymValue::Amount(Linear::constant(words::day_number(*date))),
            Value::Symbol(name) | Value::Text(name) => SymValue::Word(Arc::clone(name)),
            Value::Absent => return self.nothing(SymValue::Nothing),
            _ => SymValue::Other,
        };
        Sym { id, present: Formula::Known(true), value }
    }

    /// No value: absent, or a failure.
    fn nothing(&mut self, value: SymValue) -> Sym {
        let id = self.number(format!("{value:?}"), Vec::new());
        Sym { id, present: Formula::Known(false), value }
    }

    fn statement(&mut self, how: &str, of: Vec<usize>, formula: Formula) -> Sym {
        let id = self.number(how, of);
        Sym { id, present: Formula::Known(true), value: SymValue::Truth(formula) }
    }

    /// A sum; where it grew too long, a number of which nothing is known.
    fn sum(&mut self, how: &str, of: Vec<usize>, sum: Option<Linear>, expr: &Expr) -> Sym {
        let id = self.number(how, of);
        match sum {
            Some(sum) => Sym { id, present: Formula::Known(true), value: SymValue::Amount(sum) },
            None => self.beyond(id, expr, Range::default()),
        }
    }

    /// A formula that is not understood: the same value wherever it stands with the same parts.
    pub fn unknown(&mut self, expr: &Expr, env: &mut Env) -> Sym {
        let id = self.unknown_id(expr, env);
        self.beyond(id, expr, Range::default())
    }

    /// The number of a formula that is not understood.
    pub fn unknown_id(&mut self, expr: &Expr, env: &mut Env) -> usize {
        let mut parts: Vec<&Expr> = Vec::new();
        expr.children(&mut |part| parts.push(part));
        let of = parts.into_iter().map(|part| self.read(part, env).id).collect();
        self.number(built(expr), of)
    }

    /// A value of which only type and range are known.
    pub fn beyond(&mut self, id: usize, expr: &Expr, range: Range) -> Sym {
        let thing = Thing { said: self.slice(expr.span), ty: expr.ty.clone(), origin: Origin::Beyond };
        if matches!(expr.ty.required(), Type::Row(_)) {
            // Here it may be known to be there, and elsewhere not: what its table requires of it is only
            // said where it is.
            let ty = expr.ty.clone().optional();
            self.value(id, Thing { ty, ..thing.clone() }, Range::default());
        }
        self.value(id, thing, range)
    }

    /// How the plan calls what belongs to a row.
    fn path(&self, row: Option<usize>, name: &Arc<str>) -> Arc<str> {
        match row.and_then(|row| self.thing(row)).map(|row| &row.said) {
            Some(row) if !row.is_empty() => Arc::from(format!("{row}.{name}")),
            _ => Arc::clone(name),
        }
    }

    fn input(&mut self, record: usize, field: usize) -> Sym {
        let id = self.number(format!("record {record}"), Vec::new());
        let info = self.program.records.get(record);
        let said = info.map_or_else(|| Arc::from(""), |r| Arc::clone(&r.name.value));
        let ty = if info.is_some_and(|r| r.optional) { Type::Absent } else { Type::Calendar };
        let whole = self.value(id, Thing { said, ty, origin: Origin::Data }, Range::default());
        self.field(Holder::Record(record), field, &whole)
    }

    /// A field of a record or a row.
    fn field(&mut self, holder: Holder, index: usize, of: &Sym) -> Sym {
        let id = self.number(format!("field {index}"), vec![of.id]);
        let Some(field) = self.program.fields(holder).get(index) else {
            return self.nothing(SymValue::Fails);
        };
        let origin = self.thing(of.id).map_or(Origin::Beyond, |thing| thing.origin);
        let range = words::range_of(&field.bounds);
        let thing = Thing { said: self.path(Some(of.id), &field.name.value), ty: field.ty.clone(), origin };
        let scaled = field.step.as_ref().filter(|step| step.is_positive()).and_then(|step| {
            let inverse = Num::ONE.div(step, 256).ok()?;
            Some((step.clone(), range.times(&Range::only(inverse))))
        });
        if let Some((step, range)) = scaled {
            let var = self.var(id, Aspect::Value, Kind::Number { whole: true, range }, origin);
            self.multiples.insert(var, step);
        }
        let mut sym = self.value(id, thing, range);
        if let SymValue::Amount(sum) = &mut sym.value {
            let var = sum.vars().next();
            if let Some(step) = var.and_then(|var| self.multiples.get(&var)) {
                *sum = sum.times(step).unwrap_or_else(|| sum.clone());
            }
        }
        sym.present = Formula::all([of.present.clone(), sym.present]);
        self.told_by(id, holder, of.id, &sym.present);
        sym
    }

    fn term(&mut self, index: usize, at: Option<&Expr>, expr: &Expr, env: &mut Env) -> Sym {
        let at = at.map(|at| self.read(at, env));
        let Some(term) = self.program.terms.get(index) else { return self.unknown(expr, env) };
        if let ([only], None) = (term.versions.as_slice(), at.as_ref())
            && only.from.is_none()
        {
            return self.constant(&only.value);
        }
        let id = self.number(format!("term {index}"), at.iter().map(|at| at.id).collect());
        let mut range: Option<Range> = None;
        for version in &term.versions {
            let Some(n) = words::as_number(&version.value) else { continue };
            let one = Range::only(n);
            range = Some(range.map_or(one.clone(), |known| known.or(&one)));
        }
        let thing = Thing { said: self.slice(expr.span), ty: term.ty.clone(), origin: Origin::Beyond };
        self.value(id, thing, range.unwrap_or_default())
    }

    fn arithmetic(&mut self, op: Arith, a: &Expr, b: &Expr, expr: &Expr, env: &mut Env) -> Sym {
        let (a, b) = (self.read(a, env), self.read(b, env));
        let (x, y) = (self.amount_of(&a), self.amount_of(&b));
        let ids = vec![a.id, b.id];
        let (one, less) = (Num::ONE, Num::ONE.neg());
        let inverse = |n: &Num| Num::ONE.div(n, 512).ok();
        let (sum, how) = match op {
            Arith::Add => (x.plus(&y, &one), "plus"),
            Arith::Sub => (x.plus(&y, &less), "minus"),
            Arith::Mul => {
                let by_b = y.as_constant().and_then(|n| x.times(n));
                (by_b.or_else(|| x.as_constant().and_then(|n| y.times(n))), "times")
            }
            Arith::Div => (y.as_constant().and_then(inverse).and_then(|n| x.times(&n)), "over"),
        };
        if sum.is_some() {
            return self.sum(how, ids, sum, expr);
        }
        let (of_a, of_b) = (self.range_of(&x), self.range_of(&y));
        let range = match op {
            // A square is never below 0.
            Arith::Mul if a.id == b.id => of_a.times(&of_b).and(&Range::from(Num::ZERO)),
            Arith::Mul => of_a.times(&of_b),
            Arith::Div => of_a.over(&of_b),
            Arith::Add => of_a.plus(&of_b),
            Arith::Sub => of_a.plus(&of_b.negated()),
        };
        let id = self.number(how, ids);
        self.beyond(id, expr, range)
    }

    fn date_step(
        &mut self,
        step: DateStep,
        back: bool,
        (date, by): (&Expr, &Expr),
        expr: &Expr,
        env: &mut Env,
    ) -> Sym {
        let (date, by) = (self.read(date, env), self.read(by, env));
        let (from, count) = (self.amount_of(&date), self.amount_of(&by));
        let sign = if back { Num::ONE.neg() } else { Num::ONE };
        let how = format!("{step:?} {back}");
        let months = match step {
            DateStep::Days => return self.sum(&how, vec![date.id, by.id], from.plus(&count, &sign), expr),
            DateStep::Months => 1,
            DateStep::Years => 12,
        };
        let id = self.number(how, vec![date.id, by.id]);
        let sym = self.beyond(id, expr, Range::default());
        // A month has 28 to 31 days, a year 365 or 366; a day that the later month lacks moves back.
        let moved = count.as_constant().and_then(|n| n.mul(&sign, 256).ok()).and_then(|n| n.to_i64());
        let to = self.amount_of(&sym);
        if let (Some(moved), Some(distance)) = (moved.and_then(|n| n.checked_mul(months)), to.minus(&from))
            && moved.unsigned_abs() <= 24_000
        {
            let (low, high) = words::days_of_months(moved);
            for (bound, sign) in [(low, Num::ONE.neg()), (high, Num::ONE)] {
                let limit = Linear::constant(Num::from(bound));
                let past = distance.minus(&limit).and_then(|sum| sum.times(&sign));
                if let (Some(past), Some(var)) = (past, to.vars().next()) {
                    self.define(var, Formula::compared(past, Relation::AtMost));
                }
            }
        }
        sym
    }

    /// One of two values, as a condition decides.
    pub fn choice(&mut self, (condition, by): (&Formula, usize), a: &Sym, b: &Sym, expr: &Expr) -> Sym {
        match condition {
            Formula::Known(true) => return a.clone(),
            Formula::Known(false) => return b.clone(),
            _ if a.id == b.id => return a.clone(),
            _ => {}
        }
        let id = self.number("choice", vec![by, a.id, b.id]);
        let holds = self.abbreviated(id, condition.clone());
        let not = holds.negated();
        let present = Formula::all([holds.implies(a.present.clone()), not.implies(b.present.clone())]);
        let present = self.abbreviated_presence(id, present);
        match (&a.value, &b.value) {
            // What is absent has no value to speak of.
            (SymValue::Nothing, value) | (value, SymValue::Nothing) => {
                return Sym { id, present, value: value.clone() };
            }
            (SymValue::Fails, SymValue::Fails) => return Sym { id, present, value: SymValue::Fails },
            _ => {}
        }
        let range = [&a.value, &b.value].into_iter().filter_map(|value| match value {
            SymValue::Amount(sum) => Some(self.range_of(sum)),
            _ => None,
        });
        let range = range.reduce(|x, y| x.or(&y)).unwrap_or_default();
        let ty = expr.ty.required().clone();
        let thing = Thing { said: self.slice(expr.span), ty, origin: Origin::Defined };
        let chosen = Sym { present, ..self.value(id, thing, range) };
        let var = match &chosen.value {
            SymValue::Truth(Formula::Is(Literal::Flag(var, _))) | SymValue::Name(var) => Some(*var),
            SymValue::Amount(sum) => sum.vars().next(),
            _ => None,
        };
        for (when, of) in [(&holds, a), (&not, b)] {
            let Some(var) = var else { continue };
            if matches!(of.value, SymValue::Fails) {
                // Where it fails, nothing follows that could be shown by an example.
                let lost = self.number("lost", vec![id]);
                let lost = self.var(lost, Aspect::Value, Kind::Flag, Origin::Beyond);
                self.call_it(lost, expr);
                self.define(var, when.implies(Formula::flag(lost)));
            } else {
                let same = self.comparison(&chosen, CmpOp::Eq, of);
                self.define(var, when.implies(same));
            }
        }
        chosen
    }

    fn abbreviated_presence(&mut self, id: usize, present: Formula) -> Formula {
        let id = self.number("presence", vec![id]);
        self.abbreviated(id, present)
    }

    /// How two values compare.
    pub fn comparison(&mut self, a: &Sym, op: CmpOp, b: &Sym) -> Formula {
        if matches!(op, CmpOp::Ne) {
            return self.comparison(a, CmpOp::Eq, b).negated();
        }
        match (&a.value, &b.value) {
            (SymValue::Amount(x), SymValue::Amount(y)) => {
                let difference = match op {
                    CmpOp::Gt | CmpOp::Ge => y.minus(x),
                    _ => x.minus(y),
                };
                let relation = match op {
                    CmpOp::Eq | CmpOp::Ne => Relation::Zero,
                    CmpOp::Lt | CmpOp::Gt => Relation::Below,
                    CmpOp::Le | CmpOp::Ge => Relation::AtMost,
                };
                if let Some(difference) = difference {
                    return Formula::compared(difference, relation);
                }
            }
            _ if op != CmpOp::Eq => {}
            (SymValue::Truth(x), SymValue::Truth(y)) => {
                return Formula::any([
                    Formula::all([x.clone(), y.clone()]),
                    Formula::all([x.negated(), y.negated()]),
                ]);
            }
            (SymValue::Word(x), SymValue::Word(y)) => return Formula::Known(x == y),
            // Text of data is never empty.
            (SymValue::Name(var), SymValue::Word(word)) | (SymValue::Word(word), SymValue::Name(var))
                if word.is_empty()
                    && self.variable(*var).is_some_and(|v| v.origin == Origin::Data)
                    && matches!(
                        self.variable(*var).map(|v| &v.kind),
                        Some(Kind::Name { open: true, .. })
                    ) =>
            {
                return Formula::Known(false);
            }
            (SymValue::Name(var), SymValue::Word(word)) | (SymValue::Word(word), SymValue::Name(var)) => {
                return match self.name(*var, word) {
                    Some(name) => Formula::named(*var, name),
                    None => Formula::Known(false),
                };
            }
            (SymValue::Name(x), SymValue::Name(y)) => {
                if x == y {
                    return Formula::Known(true);
                }
                let closed = |world: &Self, var| match world.variable(var).map(|v| v.kind.clone()) {
                    Some(Kind::Name { names, open: false }) if names.len() <= MOST_NAMES => Some(names),
                    _ => None,
                };
                if let (Some(names), Some(_)) = (closed(self, *x), closed(self, *y)) {
                    let mut parts = Vec::new();
                    for (at, name) in names.iter().enumerate() {
                        if let Some(other) = self.name(*y, name) {
                            parts.push(Formula::all([Formula::named(*x, at), Formula::named(*y, other)]));
                        }
                    }
                    return Formula::any(parts);
                }
            }
            _ => {}
        }
        if a.id == b.id {
            return Formula::Known(matches!(op, CmpOp::Eq | CmpOp::Le | CmpOp::Ge));
        }
        let id = self.number(format!("compared {op:?}"), vec![a.id, b.id]);
        let said = format!("{} {} {}", self.called(a), op.sign(), self.called(b));
        self.call(id, Arc::from(said));
        Formula::flag(self.var(id, Aspect::Value, Kind::Flag, Origin::Beyond))
    }

    /// How the plan calls a value, or writes it.
    fn called(&self, sym: &Sym) -> String {
        match (self.thing(sym.id), &sym.value) {
            (Some(thing), _) if !thing.said.is_empty() => thing.said.to_string(),
            (_, SymValue::Word(word)) => format!("\"{word}\""),
            (Some(Thing { ty: Type::Row(_), .. }), _) => "this".to_owned(),
            _ => "...".to_owned(),
        }
    }

    /// Notes what a rule or a function that is called concludes; false where that is not understood.
    pub fn look_into(&mut self, id: usize, later: &Later) -> bool {
        let program = self.program;
        let (concluded, result) = match later {
            Later::Rule(rule, row) => {
                let Some(rule) = program.rule(*rule) else { return false };
                let mut env: Env = row.iter().map(|row| (0, row.clone())).collect();
                let Some(sym) = self.conclusion(&rule.body, &mut env) else { return false };
                (sym, rule.ty.clone())
            }
            Later::Call(function, args) => {
                let Some(function) = program.functions.get(function.0) else { return false };
                let mut env: Env = args.iter().cloned().enumerate().collect();
                (self.read(&function.body, &mut env), function.ty.clone())
            }
        };
        let thing = Thing { said: Arc::from(""), ty: result.clone(), origin: Origin::Concluded };
        let own = self.value(id, thing, Range::default());
        if result.is_optional() {
            let (a, b) = (own.present.clone(), concluded.present.clone());
            self.conclude(&own, a.implies(b.clone()));
            self.conclude(&own, a.negated().implies(b.negated()));
        }
        match (&own.value, &concluded.value) {
            (SymValue::Truth(a), SymValue::Truth(b)) => {
                self.conclude(&own, a.implies(b.clone()));
                self.conclude(&own, a.negated().implies(b.negated()));
                true
            }
            (_, SymValue::Nothing) => true,
            (_, SymValue::Fails | SymValue::Other) | (SymValue::Other, _) => false,
            _ => {
                let same = self.comparison(&own, CmpOp::Eq, &concluded);
                self.conclude(&own, same);
                true
            }
        }
    }

    /// What a rule concludes; none for an allocation.
    pub fn conclusion(&mut self, body: &RuleBody, env: &mut Env) -> Option<Sym> {
        Some(match body {
            RuleBody::Value(expr) => self.read(expr, env),
            RuleBody::Cases(cases) => {
                let (last, before) = cases.split_last()?;
                let mut left = self.read(&last.then, env);
                for case in before.iter().rev() {
                    let value = self.read(&case.then, env);
                    let Some(when) = &case.when else {
                        left = value;
                        continue;
                    };
                    let when = self.read(when, env);
                    let holds = self.truth_of(&when);
                    left = self.choice((&holds, when.id), &value, &left, &case.then);
                }
                left
            }
            RuleBody::All(requirements) => {
                let mut parts = Vec::new();
                for requirement in requirements {
                    parts.push(self.condition(&requirement.require, env));
                }
                let id = self.number("all of them", Vec::new());
                Sym { id, present: Formula::Known(true), value: SymValue::Truth(Formula::all(parts)) }
            }
            RuleBody::Allocate(_) => return None,
        })
    }

    /// Takes the conditions of all records for true: one may be about fields of another.
    pub fn read_records(&mut self) {
        for record in 0..self.program.records.len() {
            self.input(record, 0);
            let id = self.number(format!("record {record}"), Vec::new());
            self.read_once(Holder::Record(record), id);
        }
    }

    /// Takes the conditions of a record or of a row for true.
    pub fn read_conditions(&mut self, holder: Holder, row: usize) {
        let program = self.program;
        let Some(thing) = self.thing(row).cloned() else { return };
        let conditions = match holder {
            Holder::Table(table) => program.tables.get(table).map(|table| &table.conditions),
            Holder::Record(record) => program.records.get(record).map(|record| &record.conditions),
        };
        let Some(conditions) = conditions else { return };
        let present = self.value(row, thing, Range::default()).present;
        let row = Sym { id: row, present: Formula::Known(true), value: SymValue::Other };
        for condition in conditions {
            let mut env: Env = vec![(0, row.clone())];
            let holds = self.condition(&condition.that, &mut env);
            self.always(present.implies(holds));
        }
    }
}

/// How a formula is built of its parts.
fn built(expr: &Expr) -> String {
    let query = |query: &crate::ir::Query| {
        let order: Vec<bool> = query.order.iter().map(|key| key.descending).collect();
        format!("{} {} {order:?}", query.slot, query.filter.is_some())
    };
    match &expr.kind {
        ExprKind::Builtin(builtin, _) => format!("function {}", builtin.name),
        ExprKind::Lookup(table, _) => format!("row of {table}"),
        ExprKind::Table(table) => format!("table {table}"),
        ExprKind::RecordField(_, field) => format!("part {field}"),
        ExprKind::ClauseOf(rule, _) => format!("clause of {}", rule.0),
        ExprKind::ReasonsOf(rule, _) => format!("reasons of {}", rule.0),
        ExprKind::In(_, _, negated) => format!("within {negated}"),
        ExprKind::Concat(..) => "joined".to_owned(),
        ExprKind::List(_) => "list".to_owned(),
        ExprKind::MakeRecord(_) => format!("record {}", expr.ty),
        ExprKind::With(_, fields) => {
            let fields: Vec<usize> = fields.iter().map(|(field, _)| *field).collect();
            format!("with {fields:?}")
        }
        ExprKind::Query(of) => format!("query {}", query(of)),
        ExprKind::Fold { slot, query: of, running, .. } => format!("fold {slot} {running} {}", query(of)),
        ExprKind::Project { slot, .. } => format!("each {slot}"),
        _ => format!("formula {:?}", expr.span),
    }
}
