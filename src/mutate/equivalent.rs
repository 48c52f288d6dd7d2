//! Proofs that a change means nothing: what it changes has the same value in all cases.

use super::place::Place;
use super::sites::{Edit, Mutant};
use crate::plan::document::{Document, RuleBody};
use crate::syntax::ast::{CmpOp, Expr, ExprKind};
use crate::syntax::print_expr;

/// Why a change means nothing, where that can be shown.
pub fn proof(mutant: &Mutant, document: &Document) -> Option<String> {
    match &mutant.edit {
        Edit::Part { formula, part, .. } => {
            let formulas = mutant.place.formulas(document);
            let whole = formulas.get(*formula)?.expr;
            let (changed, around) = find(whole, *part)?;
            let (left, right) = sides(changed, mutant)?;
            let same = |a: &Expr, b: &Expr| alike(a, b, left, right);
            if let Some(Expr { kind: ExprKind::If(condition, then, otherwise), .. }) = around
                && condition.span == changed.span
                && same(then, otherwise)
            {
                return Some(AT_EQUALITY.to_owned());
            }
            let (then, next) = following(document, mutant.place, *formula)?;
            (*part == 0 && same(then, next)).then(|| AT_EQUALITY.to_owned())
        }
        Edit::DropCase(index) => {
            let Place::Rule(rule) = mutant.place else { return None };
            let RuleBody::Cases { cases, otherwise } = &document.rules.get(rule)?.body else { return None };
            let (case, otherwise) = (cases.get(*index)?, otherwise.as_ref()?);
            let cite = |c: Option<&crate::source::Spanned<std::sync::Arc<str>>>| c.map(|c| c.value.clone());
            let last = index.saturating_add(1) == cases.len();
            (last
                && print_expr(&case.then) == print_expr(&otherwise.then)
                && cite(case.cite.as_ref()) == cite(otherwise.cite.as_ref()))
            .then(|| "what follows gives the same".to_owned())
        }
        _ => None,
    }
}

const AT_EQUALITY: &str = "where both sides are equal, both choices give the same";

/// The part of a formula with this number, and what it is directly a part of.
fn find(whole: &Expr, part: usize) -> Option<(&Expr, Option<&Expr>)> {
    fn go<'e>(
        expr: &'e Expr,
        around: Option<&'e Expr>,
        left: &mut usize,
        found: &mut Option<(&'e Expr, Option<&'e Expr>)>,
    ) {
        if found.is_some() {
            return;
        }
        match left.checked_sub(1) {
            None => *found = Some((expr, around)),
            Some(less) => {
                *left = less;
                expr.children(&mut |child| go(child, Some(expr), left, found));
            }
        }
    }
    let (mut left, mut found) = (part, None);
    go(whole, None, &mut left, &mut found);
    found
}

/// The two sides of a comparison with an order that is changed only in what it says of equality.
fn sides<'e>(changed: &'e Expr, mutant: &Mutant) -> Option<(&'e Expr, &'e Expr)> {
    let ExprKind::Compare(first, rest) = &changed.kind else { return None };
    let [(op, _, second)] = rest.as_slice() else { return None };
    let Edit::Part { to, .. } = &mutant.edit else { return None };
    let is_comparison = matches!(to.kind, ExprKind::Compare(..));
    (is_comparison && !matches!(op, CmpOp::Eq | CmpOp::Ne)).then_some((&**first, second))
}

/// Whether two formulas are the same where `left` equals `right`.
fn alike(a: &Expr, b: &Expr, left: &Expr, right: &Expr) -> bool {
    let (left, right) = (print_expr(left), print_expr(right));
    let replaced = |expr: &Expr| {
        let mut changed = expr.clone();
        exchange(&mut changed, &left, &right);
        print_expr(&changed)
    };
    // Another name for the same value within the formulas would make the exchange wrong.
    !binds(a) && !binds(b) && replaced(a) == replaced(b)
}

fn exchange(expr: &mut Expr, left: &str, right: &str) {
    let text = print_expr(expr);
    if text == left || text == right {
        expr.kind = ExprKind::Text(std::sync::Arc::from(right));
    } else {
        expr.children_mut(&mut |child| exchange(child, left, right));
    }
}

/// Whether a formula gives names to values of its own.
fn binds(expr: &Expr) -> bool {
    let mut found = matches!(expr.kind, ExprKind::Let { .. } | ExprKind::Query(_) | ExprKind::Fold { .. });
    expr.children(&mut |child| found |= binds(child));
    found
}

/// What the last case of a rule gives, and what is given where it does not apply; `formula` is the
/// case's condition.
fn following(document: &Document, place: Place, formula: usize) -> Option<(&Expr, &Expr)> {
    let Place::Rule(rule) = place else { return None };
    let RuleBody::Cases { cases, otherwise } = &document.rules.get(rule)?.body else { return None };
    let index = formula.checked_div(2).filter(|index| index.saturating_mul(2) == formula)?;
    let (case, otherwise) = (cases.get(index)?, otherwise.as_ref()?);
    let no_clause = case.cite.as_ref().map(|c| &c.value) == otherwise.cite.as_ref().map(|c| &c.value);
    (index.saturating_add(1) == cases.len() && no_clause).then_some((&case.then, &otherwise.then))
}
