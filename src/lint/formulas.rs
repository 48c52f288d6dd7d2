//! Lints of one formula: figures that should be terms, roundings within a calculation, its length.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Arith, Expr, ExprKind, Program};
use crate::number::Num;
use crate::syntax::ast::CmpOp;
use crate::value::{Type, Value};

/// The most parts that a formula may have: names, figures, operators, functions.
const MOST_PARTS: usize = 120;

/// Looks at a formula.
pub(super) fn check(formula: &Expr, program: &Program, found: &mut Diagnostics) {
    figures(formula, program, false, found);
    roundings(formula, found);
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

/// Amounts of money that are rounded, calculated with and rounded again, or multiplied.
fn roundings(expr: &Expr, found: &mut Diagnostics) {
    crate::ir::walk(expr, &mut |part| match &part.kind {
        ExprKind::Builtin(outer, args) if outer.rounds.is_some() => {
            if let Some(first) = args.first() {
                within(first, part, found);
            }
        }
        ExprKind::Arith(Arith::Mul | Arith::Div, a, b) => {
            within(a, part, found);
            within(b, part, found);
        }
        _ => {}
    });
}

/// Says of roundings of money that a calculation goes on with.
fn within(expr: &Expr, around: &Expr, found: &mut Diagnostics) {
    match &expr.kind {
        ExprKind::Builtin(inner, _) if inner.rounds.is_some() => {
            let is_money = matches!(&expr.ty, Type::Number(unit) if unit.currency().is_some());
            let known = found.iter().any(|d| d.code == Code::RoundedTwice && d.primary() == Some(expr.span));
            if is_money && !known {
                found.push(
                    Diagnostic::warning(Code::RoundedTwice, "an amount is rounded in the middle of a calculation")
                        .label(expr.span, "rounded here")
                        .label(around.span, "and calculated with")
                        .help("round once, at the end, unless the document says otherwise: then give the rounded amount a rule and a clause of its own"),
                );
            }
        }
        ExprKind::Arith(_, a, b) => {
            within(a, around, found);
            within(b, around, found);
        }
        ExprKind::Negate(a) => within(a, around, found),
        _ => {}
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
