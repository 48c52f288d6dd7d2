//! Comparisons held against the words of the plan: "more than" leaves the boundary out, "at least" does
//! not, and a formula should do the same.

use super::formulas::boundary_above;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Expr, ExprKind, Program, walk};
use crate::source::Span;
use crate::syntax::ast::CmpOp;
use std::sync::Arc;

/// Words by which the boundary belongs to what lies above it.
const ABOVE: [&str; 7] =
    ["at least", "or more", "not less than", "no less than", "no fewer than", "less than", "fewer than"];
/// Words by which the boundary belongs to what lies below it.
const BELOW: [&str; 7] = ["more than", "at most", "or less", "or fewer", "in excess of", "exceeds", "exceed"];

/// Which of the words a text has, and on which side they put the boundary; none where it has words
/// of both kinds or none of either.
fn words(text: &str) -> Option<(&'static str, bool)> {
    let text = text.to_lowercase();
    // "not less than" holds "less than", "no more than" holds "more than": both put it on the same side.
    let has = |word: &&&str| {
        text.match_indices(**word).any(|(at, found)| {
            let before = text.get(..at).and_then(|t| t.chars().next_back());
            let after = text.get(at.saturating_add(found.len())..).and_then(|t| t.chars().next());
            let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            apart(before) && apart(after)
        })
    };
    match (ABOVE.iter().find(has), BELOW.iter().find(has)) {
        (Some(word), None) => Some((word, true)),
        (None, Some(word)) => Some((word, false)),
        _ => None,
    }
}

/// A comparison with a term on one side: the term, where it is written, and on which side of the
/// boundary the term's own value lies.
struct Compared {
    term: usize,
    span: Span,
    op: CmpOp,
    above: bool,
}

fn term_of(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Term(term, _) => Some(*term),
        _ => None,
    }
}

/// Comparisons of a formula with a term for their boundary.
fn comparisons(expr: &Expr, found: &mut Vec<Compared>) {
    walk(expr, &mut |part| {
        let ExprKind::Compare(first, rest) = &part.kind else { return };
        let mut left = &**first;
        for (op, right) in rest {
            let side = match (term_of(left), term_of(right)) {
                // `x >= term` takes the boundary to what lies above; `term <= x` says the same.
                (None, Some(term)) => boundary_above(*op).map(|above| (term, above)),
                (Some(term), None) => boundary_above(*op).map(|above| (term, !above)),
                _ => None,
            };
            if let Some((term, above)) = side {
                found.push(Compared { term, span: left.span.to(right.span), op: *op, above });
            }
            left = right;
        }
    });
}

/// Holds every comparison with a term against the words about the term, or else about the rule where
/// there is no other comparison.
pub(super) fn check(program: &Program, found: &mut Diagnostics) {
    let mut look = |formulas: Vec<&Expr>, about: Option<&Arc<str>>| {
        let mut all = Vec::new();
        formulas.into_iter().for_each(|formula| comparisons(formula, &mut all));
        let own = about.filter(|_| all.len() == 1).and_then(|text| words(text));
        for one in &all {
            let Some(term) = program.terms.get(one.term) else { continue };
            let of_term = term.about.as_ref().and_then(|text| words(text));
            let Some((word, above)) = of_term.or(own) else { continue };
            if above == one.above {
                continue;
            }
            let whose = if of_term.is_some() { "the term's words say" } else { "the words about it say" };
            let turned = match one.op {
                CmpOp::Lt => "<=",
                CmpOp::Le => "<",
                CmpOp::Gt => ">=",
                _ => ">",
            };
            let written = match one.op {
                CmpOp::Lt => "<",
                CmpOp::Le => "<=",
                CmpOp::Gt => ">",
                _ => ">=",
            };
            let message = format!(
                "the comparison takes the value of `{}` itself to the other side than the words do",
                term.name.value
            );
            found.push(
                Diagnostic::warning(Code::ComparisonWords, message)
                    .label(one.span, format!("{whose} \"{word}\", this says `{written}`"))
                    .help(format!("look at the clause: write `{turned}`, or mend the words")),
            );
        }
    };
    for function in &program.functions {
        look(vec![&function.body], function.about.as_ref());
    }
    for rule in &program.rules {
        let mut formulas = Vec::new();
        rule.body.formulas(&mut |formula| formulas.push(formula));
        look(formulas, rule.about.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_put_the_boundary_on_one_side() {
        assert_eq!(words("More than 20 hours"), Some(("more than", false)));
        assert_eq!(words("not less than three months"), Some(("not less than", true)));
        assert_eq!(words("no more than five"), Some(("more than", false)));
        assert_eq!(words("five percent or more"), Some(("or more", true)));
        assert_eq!(words("at least one, at most nine"), None);
        assert_eq!(words("furthermore thanks"), None);
    }
}
