//! Amounts of money among the results that may have no finite decimal: a quotient came into them and no
//! rounding after it.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Arith, Expr, ExprKind, FunctionId, Program, RuleBody, RuleId};
use crate::number::Num;
use crate::source::Span;
use crate::value::{Type, Value};
use std::collections::BTreeMap;

/// Where the first quotient stands that makes a value infinite; none where there is none.
type Quotient = Option<Span>;

/// What is known of rules and functions.
struct Known<'p> {
    program: &'p Program,
    rules: BTreeMap<RuleId, Quotient>,
    functions: BTreeMap<FunctionId, Quotient>,
}

/// Says of every result in money where a quotient comes into it unrounded. Data are taken to have
/// finite decimals.
pub(super) fn check(program: &Program, found: &mut Diagnostics) {
    let mut known = Known { program, rules: BTreeMap::new(), functions: BTreeMap::new() };
    for id in &program.order {
        let Some(rule) = program.rule(*id) else { continue };
        let quotient = match &rule.body {
            RuleBody::Value(value) => known.quotient(value, 0),
            RuleBody::Cases(cases) => cases.iter().find_map(|case| known.quotient(&case.then, 0)),
            RuleBody::All(_) | RuleBody::Allocate(_) => None,
        };
        known.rules.insert(*id, quotient);
        let is_money = matches!(rule.ty.required(), Type::Number(unit) if unit.single().is_some() && unit.currency().is_some());
        if let Some(quotient) = quotient.filter(|_| is_money && !rule.private) {
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

impl Known<'_> {
    /// The first quotient that comes into a number unrounded; functions are followed so deep.
    fn quotient(&mut self, expr: &Expr, depth: usize) -> Quotient {
        match &expr.kind {
            ExprKind::Const(Value::Number(n)) => (!n.has_finite_decimal()).then_some(expr.span),
            ExprKind::Term(term, _) => {
                let versions = &self.program.terms.get(*term)?.versions;
                let endless = |v: &Value| matches!(v, Value::Number(n) if !n.has_finite_decimal());
                versions.iter().any(|v| endless(&v.value)).then_some(expr.span)
            }
            ExprKind::Rule(id) | ExprKind::RowRule(_, id) => self.rules.get(id).copied().flatten(),
            ExprKind::Call(id, _) => self.function(*id, depth),
            ExprKind::Negate(a) => self.quotient(a, depth),
            ExprKind::Power(a, n) if *n > 0 => self.quotient(a, depth),
            ExprKind::Power(..) => Some(expr.span),
            ExprKind::Arith(Arith::Div, a, b) => {
                self.quotient(a, depth).or_else(|| (!self.keeps_finite(b)).then_some(expr.span))
            }
            ExprKind::Arith(_, a, b) | ExprKind::Otherwise(a, b) => {
                self.quotient(a, depth).or_else(|| self.quotient(b, depth))
            }
            ExprKind::If(_, a, b) => self.quotient(a, depth).or_else(|| self.quotient(b, depth)),
            ExprKind::Match(_, arms, last) => {
                let arms = arms.iter().find_map(|arm| self.quotient(&arm.value, depth));
                arms.or_else(|| last.as_ref().and_then(|last| self.quotient(last, depth)))
            }
            ExprKind::Let(_, _, _, body) => self.quotient(body, depth),
            ExprKind::Builtin(builtin, args) => match builtin.name {
                "min" | "max" | "abs" | "sum" | "first" | "last" => {
                    args.iter().find_map(|arg| self.quotient(arg, depth))
                }
                _ => None,
            },
            ExprKind::List(items) => items.iter().find_map(|item| self.quotient(item, depth)),
            ExprKind::Query(query) => self.quotient(&query.value, depth),
            ExprKind::Project { access, .. } => self.quotient(access, depth),
            _ => None,
        }
    }

    fn function(&mut self, id: FunctionId, depth: usize) -> Quotient {
        if let Some(known) = self.functions.get(&id) {
            return *known;
        }
        if depth > 8 {
            return None;
        }
        let body = &self.program.functions.get(id.0)?.body;
        let quotient = self.quotient(body, depth.saturating_add(1));
        self.functions.insert(id, quotient);
        quotient
    }

    /// Whether what is divided by this keeps a finite decimal: a constant of twos and fives.
    fn keeps_finite(&self, divisor: &Expr) -> bool {
        let keeps = |n: &Num| Num::ONE.div(n, 1_024).is_ok_and(|q| q.has_finite_decimal());
        match &divisor.kind {
            ExprKind::Const(Value::Number(n)) => keeps(n),
            ExprKind::Term(term, _) => self.program.terms.get(*term).is_some_and(|term| {
                term.versions.iter().all(|v| matches!(&v.value, Value::Number(n) if keeps(n)))
            }),
            _ => false,
        }
    }
}
