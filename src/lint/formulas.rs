//! Lints of one formula: figures that should be terms, roundings within a calculation, its length.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Arith, Expr, ExprKind, Program, Rule, RuleBody};
use crate::number::Num;
use crate::syntax::ast::CmpOp;
use crate::value::{Type, Value};

/// The most parts that a formula may have: names, figures, operators, functions.
const MOST_PARTS: usize = 120;

/// How deep names, functions and rules are followed.
const DEEPEST: usize = 8;

/// Looks at a formula.
pub(super) fn check<'p>(formula: &'p Expr, program: &'p Program, found: &mut Diagnostics) {
    figures(formula, program, false, found);
    roundings(formula, program, found);
    let mut parts = 0_usize;
    crate::ir::walk(formula, &mut |_| parts = parts.saturating_add(1));
    if parts > MOST_PARTS {
        let lines = program.sources.slice(formula.span).lines().count();
        let long = if lines > 1 { format!(" on {lines} lines") } else { String::new() };
        found.push(
            Diagnostic::warning(Code::LongFormula, "this formula is too long to be checked by eye")
                .label(formula.span, format!("{parts} names, figures and operators{long}"))
                .help("give its parts names: private rules, functions, or `let`"),
        );
    }
}

/// Figures that should be terms; 0 and 1, steps of rounding and the like are not.
fn figures(expr: &Expr, program: &Program, is_step: bool, found: &mut Diagnostics) {
    if let ExprKind::Const(Value::Number(n)) = &expr.kind
        && !is_step
        && !is_plain(n)
        && !program.sources.slice(expr.span).is_empty()
    {
        let written = program.sources.slice(expr.span);
        found.push(
            Diagnostic::warning(Code::MagicNumber, format!("the figure `{written}` stands in a formula"))
                .label(expr.span, "is this a figure of the document?")
                .help("make it a term with its clause, and use its name"),
        );
        return;
    }
    match &expr.kind {
        // The first argument is what is counted or written; those after it say how.
        ExprKind::Builtin(builtin, args)
            if builtin.rounds.is_some()
                || matches!(builtin.name, "date" | "range" | "percent_text" | "decimal_text") =>
        {
            for (place, arg) in args.iter().enumerate() {
                let how = place > 0 || matches!(builtin.name, "date" | "range");
                figures(arg, program, how, found);
            }
        }
        _ => expr.children(&mut |part| figures(part, program, false, found)),
    }
}

/// Whether a number is one that every formula may use.
fn is_plain(n: &Num) -> bool {
    n.is_zero() || *n == Num::ONE || *n == Num::ONE.neg()
}

/// Amounts of money that are rounded, calculated with and rounded again, or multiplied: in the formula, in
/// what it calls by `let`, and in functions and private rules without a clause of their own.
fn roundings<'p>(expr: &'p Expr, program: &'p Program, found: &mut Diagnostics) {
    look(expr, &mut Roundings { program, named: Vec::new(), found });
}

struct Roundings<'a, 'p> {
    program: &'p Program,
    /// What variables in sight stand for, by slot.
    named: Vec<(usize, &'p Expr)>,
    found: &'a mut Diagnostics,
}

fn look<'p>(expr: &'p Expr, roundings: &mut Roundings<'_, 'p>) {
    match &expr.kind {
        ExprKind::Builtin(outer, args) if outer.rounds.is_some() => {
            if let Some(first) = args.first() {
                roundings.within(first, expr, 0);
            }
        }
        ExprKind::Arith(Arith::Mul | Arith::Div, a, b) => {
            roundings.within(a, expr, 0);
            roundings.within(b, expr, 0);
        }
        _ => {}
    }
    if let ExprKind::Let(slot, _, value, body) = &expr.kind {
        look(value, roundings);
        roundings.named.push((*slot, value));
        look(body, roundings);
        roundings.named.pop();
        return;
    }
    expr.children(&mut |part| look(part, roundings));
}

impl<'p> Roundings<'_, 'p> {
    /// Says of roundings of money that a calculation goes on with; names are followed so deep.
    fn within(&mut self, expr: &'p Expr, around: &Expr, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let next = depth.saturating_add(1);
        match &expr.kind {
            ExprKind::Builtin(inner, _) if inner.rounds.is_some() => self.report(expr, around),
            ExprKind::Builtin(inner, args) if matches!(inner.name, "min" | "max" | "abs") => {
                args.iter().for_each(|arg| self.within(arg, around, depth));
            }
            ExprKind::Arith(_, a, b) | ExprKind::Otherwise(a, b) | ExprKind::If(_, a, b) => {
                self.within(a, around, depth);
                self.within(b, around, depth);
            }
            ExprKind::Match(_, arms, last) => {
                arms.iter().for_each(|arm| self.within(&arm.value, around, depth));
                last.iter().for_each(|last| self.within(last, around, depth));
            }
            ExprKind::Negate(a) | ExprKind::Let(_, _, _, a) => self.within(a, around, depth),
            ExprKind::Local(slot) => {
                let value = self.named.iter().rev().find(|(of, _)| of == slot).map(|(_, value)| *value);
                value.into_iter().for_each(|value| self.within(value, around, next));
            }
            // With a clause of its own, everybody sees that it is rounded, and why.
            ExprKind::Rule(id) | ExprKind::RowRule(_, id) => {
                let step = self.program.rule(*id).filter(|rule| rule.private && rule.cite.is_empty());
                if let Some(Rule { body: RuleBody::Value(value), .. }) = step {
                    self.beyond(value, around, next);
                }
            }
            ExprKind::Call(id, _) => {
                let function = self.program.functions.get(id.0).filter(|f| f.cite.is_empty());
                function.into_iter().for_each(|function| self.beyond(&function.body, around, next));
            }
            _ => {}
        }
    }

    /// The same in another definition, whose variables are its own.
    fn beyond(&mut self, expr: &'p Expr, around: &Expr, depth: usize) {
        let named = std::mem::take(&mut self.named);
        self.within(expr, around, depth);
        self.named = named;
    }

    fn report(&mut self, expr: &Expr, around: &Expr) {
        let is_money = matches!(&expr.ty, Type::Number(unit) if unit.currency().is_some());
        let known = self.found.iter().any(|d| d.code == Code::RoundedTwice && d.primary() == Some(expr.span));
        if is_money && !known {
            self.found.push(
                Diagnostic::warning(Code::RoundedTwice, "an amount is rounded in the middle of a calculation")
                    .label(expr.span, "rounded here")
                    .label(around.span, "and calculated with")
                    .help("round once, at the end, unless the document says otherwise: then give the rounded amount a rule and a clause of its own"),
            );
        }
    }
}

/// Whether a comparison takes its boundary to the smaller side: `<` and `>=` do, `<=` and `>` do not.
/// None for one without an order.
pub(super) fn boundary_above(op: CmpOp) -> Option<bool> {
    match op {
        CmpOp::Lt | CmpOp::Ge => Some(true),
        CmpOp::Le | CmpOp::Gt => Some(false),
        CmpOp::Eq | CmpOp::Ne => None,
    }
}
