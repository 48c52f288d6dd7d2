//! Amounts of money among the results that may have no finite decimal: a quotient came into them and no
//! rounding after it.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Arith, Expr, ExprKind, FunctionId, Program, Query, RuleBody, RuleId};
use crate::number::Num;
use crate::source::Span;
use crate::value::{Type, Value};
use std::collections::BTreeMap;

/// The most bits of a figure that is worked out.
const BITS: u64 = 1_024;
/// How deep functions are followed.
const DEEPEST: usize = 8;

/// Where the first quotient stands that makes a value infinite; none where there is none.
type Quotient = Option<Span>;

/// What is known of rules, functions and variables.
struct Known<'p> {
    program: &'p Program,
    rules: BTreeMap<RuleId, Quotient>,
    functions: BTreeMap<FunctionId, Quotient>,
    /// The quotients of variables that are in sight, by slot.
    variables: Vec<(usize, Quotient)>,
}

/// Functions of the language that hand on numbers as they are.
const HAND_ON: [&str; 10] =
    ["min", "max", "abs", "sum", "product", "first", "last", "present", "distinct", "difference"];

/// Says of every result in money, alone or within a list or a record, where a quotient comes into it
/// unrounded. Data are taken to have finite decimals.
pub(super) fn check(program: &Program, found: &mut Diagnostics) {
    let mut known =
        Known { program, rules: BTreeMap::new(), functions: BTreeMap::new(), variables: Vec::new() };
    for id in &program.order {
        let Some(rule) = program.rule(*id) else { continue };
        let quotient = match &rule.body {
            RuleBody::Value(value) => known.quotient(value, 0),
            RuleBody::Cases(cases) => cases.iter().find_map(|case| known.quotient(&case.then, 0)),
            RuleBody::All(_) | RuleBody::Allocate(_) => None,
        };
        known.rules.insert(*id, quotient);
        if let Some(quotient) = quotient.filter(|_| is_money(&rule.ty) && !rule.private) {
            let name = program.rule_name(*id);
            found.push(
                Diagnostic::warning(
                    Code::NoFiniteDecimal,
                    format!("the amount `{name}` may have no finite decimal"),
                )
                .label(rule.name.span, "this is never rounded")
                .label(quotient, "a quotient, such as a third")
                .help("round it where the document does, or where it is paid: `round(..., 0.01 USD)`"),
            );
        }
    }
}

/// Whether values of a type are amounts of money, or have some in them.
fn is_money(ty: &Type) -> bool {
    match ty.required() {
        Type::Number(unit) => unit.single().is_some() && unit.currency().is_some(),
        Type::List(item) => is_money(item),
        Type::Record(record) => record.fields.iter().any(|field| is_money(&field.ty)),
        _ => false,
    }
}

impl Known<'_> {
    /// The first quotient that comes into a number unrounded; functions are followed so deep.
    fn quotient(&mut self, expr: &Expr, depth: usize) -> Quotient {
        match &expr.kind {
            ExprKind::Const(Value::Number(n)) => (!n.has_finite_decimal()).then_some(expr.span),
            ExprKind::Local(slot) => {
                self.variables.iter().rev().find(|(of, _)| of == slot).and_then(|(_, quotient)| *quotient)
            }
            ExprKind::Term(term, _) => {
                let versions = &self.program.terms.get(*term)?.versions;
                let endless = |v: &Value| matches!(v, Value::Number(n) if !n.has_finite_decimal());
                versions.iter().any(|v| endless(&v.value)).then_some(expr.span)
            }
            ExprKind::Rule(id) | ExprKind::RowRule(_, id) => self.rules.get(id).copied().flatten(),
            ExprKind::Call(id, args) => self
                .function(*id, depth)
                // A function may hand on what it is given.
                .or_else(|| args.iter().find_map(|arg| self.given(*id, arg, depth))),
            ExprKind::Negate(a) => self.quotient(a, depth),
            ExprKind::Power(a, n) if *n > 0 => self.quotient(a, depth),
            ExprKind::Power(..) => Some(expr.span),
            ExprKind::Arith(Arith::Mul | Arith::Div, ..) => self.product(expr, depth),
            ExprKind::Let(slot, _, value, body) => {
                let value = self.quotient(value, depth);
                self.within(*slot, value, |known| known.quotient(body, depth))
            }
            ExprKind::If(_, a, b) => self.quotient(a, depth).or_else(|| self.quotient(b, depth)),
            ExprKind::Match(_, arms, last) => {
                let arms = arms.iter().find_map(|arm| self.quotient(&arm.value, depth));
                arms.or_else(|| last.as_ref().and_then(|last| self.quotient(last, depth)))
            }
            ExprKind::Builtin(builtin, args) => {
                let handed = HAND_ON.contains(&builtin.name);
                args.iter().filter(|_| handed).find_map(|arg| self.quotient(arg, depth))
            }
            ExprKind::Query(query) => self.query(query, depth),
            ExprKind::Fold { slot, initial, query, .. } => {
                // The state is what it begins with, or what a step makes of it.
                let initial = self.quotient(initial, depth);
                self.within(*slot, initial, |known| known.query(query, depth)).or(initial)
            }
            ExprKind::Project { list, slot, access } => {
                let list = self.quotient(list, depth);
                self.within(*slot, list, |known| known.quotient(access, depth)).or(list)
            }
            ExprKind::Arith(_, a, b) | ExprKind::Otherwise(a, b) | ExprKind::Concat(a, b) => {
                self.quotient(a, depth).or_else(|| self.quotient(b, depth))
            }
            ExprKind::List(items) => items.iter().find_map(|item| self.quotient(item, depth)),
            // Of a record the amounts are looked at, and an amount that is read of one may be any of them.
            ExprKind::MakeRecord(items) => {
                items.iter().filter(|item| is_money(&item.ty)).find_map(|item| self.quotient(item, depth))
            }
            ExprKind::With(base, fields) => self.quotient(base, depth).or_else(|| {
                let fields = fields.iter().filter(|(_, value)| is_money(&value.ty));
                fields.into_iter().find_map(|(_, value)| self.quotient(value, depth))
            }),
            ExprKind::RecordField(base, _) if is_money(&expr.ty) => self.quotient(base, depth),
            _ => None,
        }
    }

    /// Does something while a variable is in sight.
    fn within(
        &mut self,
        slot: usize,
        quotient: Quotient,
        look: impl FnOnce(&mut Self) -> Quotient,
    ) -> Quotient {
        self.variables.push((slot, quotient));
        let found = look(self);
        self.variables.pop();
        found
    }

    fn query(&mut self, query: &Query, depth: usize) -> Quotient {
        let source = self.quotient(&query.source, depth);
        self.within(query.slot, source, |known| known.quotient(&query.value, depth))
    }

    /// A chain of products and quotients: its figures are taken together, so that a third of three is one.
    fn product(&mut self, expr: &Expr, depth: usize) -> Quotient {
        let (mut figures, mut first, mut open) = (Num::ONE, None, false);
        let mut waiting = vec![(expr, false)];
        while let Some((part, inverse)) = waiting.pop() {
            match &part.kind {
                ExprKind::Arith(Arith::Mul, a, b) => waiting.extend([(&**b, inverse), (&**a, inverse)]),
                ExprKind::Arith(Arith::Div, a, b) => waiting.extend([(&**b, !inverse), (&**a, inverse)]),
                _ => match self.figure(part) {
                    Some(n) if n.is_zero() => return None,
                    Some(n) => {
                        let made = if inverse { figures.div(&n, BITS) } else { figures.mul(&n, BITS) };
                        match made {
                            Ok(made) => figures = made,
                            Err(_) => open = true,
                        }
                    }
                    None if inverse => open = true,
                    None => first = first.or_else(|| self.quotient(part, depth)),
                },
            }
        }
        first.or_else(|| (open || !figures.has_finite_decimal()).then_some(expr.span))
    }

    /// The number that a part of a formula is whatever the data.
    fn figure(&self, expr: &Expr) -> Option<Num> {
        match &expr.kind {
            ExprKind::Const(Value::Number(n)) => Some(n.clone()),
            ExprKind::Term(term, _) => match self.program.terms.get(*term)?.versions.as_slice() {
                [only] => match &only.value {
                    Value::Number(n) => Some(n.clone()),
                    _ => None,
                },
                versions => {
                    // Of several values one stands for all where each keeps decimals finite, above and below.
                    let keeps = |v: &Value| match v {
                        Value::Number(n) => {
                            n.has_finite_decimal()
                                && Num::ONE.div(n, BITS).is_ok_and(|q| q.has_finite_decimal())
                        }
                        _ => false,
                    };
                    versions.iter().all(|v| keeps(&v.value)).then_some(Num::ONE)
                }
            },
            _ => None,
        }
    }

    fn function(&mut self, id: FunctionId, depth: usize) -> Quotient {
        if let Some(known) = self.functions.get(&id) {
            return *known;
        }
        if depth > DEEPEST {
            return None;
        }
        let body = &self.program.functions.get(id.0)?.body;
        // Its parameters are variables of its own.
        let around = std::mem::take(&mut self.variables);
        let quotient = self.quotient(body, depth.saturating_add(1));
        self.variables = around;
        self.functions.insert(id, quotient);
        quotient
    }

    /// The quotient in an argument, where the function's value may be made of it unrounded.
    fn given(&mut self, id: FunctionId, arg: &Expr, depth: usize) -> Quotient {
        if depth > DEEPEST {
            return None;
        }
        let quotient = self.quotient(arg, depth)?;
        let function = self.program.functions.get(id.0)?;
        let params = (0..function.params.len()).map(|slot| (slot, Some(quotient))).collect();
        let around = std::mem::replace(&mut self.variables, params);
        let found = self.quotient(&function.body, depth.saturating_add(1));
        self.variables = around;
        found
    }
}
