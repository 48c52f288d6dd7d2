//! Comparisons held against the words of the plan: "more than" leaves the boundary out, "at least" does
//! not, and a formula should do the same.

use super::formulas::boundary_above;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Arith, Expr, ExprKind, Program, RuleBody, walk};
use crate::source::Span;
use crate::syntax::ast::CmpOp;
use crate::value::Value;
use std::sync::Arc;

/// Words by which the boundary belongs to what lies above it.
const ABOVE: [&str; 12] = [
    "at least",
    "or more",
    "not less than",
    "no less than",
    "no fewer than",
    "less than",
    "fewer than",
    "on or after",
    "not before",
    "no earlier than",
    "not earlier than",
    "earlier than",
];
/// Words by which the boundary belongs to what lies below it.
const BELOW: [&str; 12] = [
    "more than",
    "at most",
    "or less",
    "or fewer",
    "in excess of",
    "exceeds",
    "exceed",
    "on or before",
    "not after",
    "no later than",
    "not later than",
    "later than",
];

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

/// A comparison with a boundary on one side: the term that it is, where it is one, where the comparison is
/// written, and on which side of the boundary the boundary's own value lies.
struct Compared {
    term: Option<usize>,
    span: Span,
    op: CmpOp,
    above: bool,
}

/// Whether something compared is a figure or a date of the document: a term, what is written in the formula,
/// or a sum with one of these.
fn is_boundary(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Term(..) => true,
        ExprKind::Const(value) => {
            matches!(value, Value::Number(n) if !n.is_zero()) || matches!(value, Value::Date(_))
        }
        ExprKind::Arith(Arith::Add | Arith::Sub, a, b) | ExprKind::DateStep(_, _, a, b) => {
            is_boundary(a) || is_boundary(b)
        }
        _ => false,
    }
}

/// Comparisons of a formula with such a boundary.
fn comparisons(expr: &Expr, found: &mut Vec<Compared>) {
    walk(expr, &mut |part| {
        let ExprKind::Compare(first, rest) = &part.kind else { return };
        let mut left = &**first;
        for (op, right) in rest {
            let side = match (is_boundary(left), is_boundary(right)) {
                // `x >= term` takes the boundary to what lies above; `term <= x` says the same.
                (false, true) => boundary_above(*op).map(|above| (right, above)),
                (true, false) => boundary_above(*op).map(|above| (left, !above)),
                _ => None,
            };
            if let Some((boundary, above)) = side {
                let term = match &boundary.kind {
                    ExprKind::Term(term, _) => Some(*term),
                    _ => None,
                };
                found.push(Compared { term, span: left.span.to(right.span), op: *op, above });
            }
            left = right;
        }
    });
}

/// Holds every comparison with a boundary against the words about the term that it is, or else about what
/// it stands in where there is no other comparison.
pub(super) fn check(program: &Program, found: &mut Diagnostics) {
    let mut look = |formulas: &[&Expr], about: &[&str]| {
        let mut all = Vec::new();
        formulas.iter().for_each(|formula| comparisons(formula, &mut all));
        let own = about.iter().filter(|_| all.len() == 1).find_map(|text| words(text));
        for one in &all {
            let term = one.term.and_then(|term| program.terms.get(term));
            let of_term = term.and_then(|term| term.about.as_ref()).and_then(|text| words(text));
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
            let message = match term {
                Some(term) => format!(
                    "the comparison takes the value of `{}` itself to the other side than the words do",
                    term.name.value
                ),
                None => "the comparison takes its boundary to the other side than the words do".to_owned(),
            };
            found.push(
                Diagnostic::warning(Code::ComparisonWords, message)
                    .label(one.span, format!("{whose} \"{word}\", this says `{}`", one.op.sign()))
                    .help(format!("look at the clause: write `{turned}`, or mend the words")),
            );
        }
    };
    let text = |about: &Option<Arc<str>>| about.as_ref().map_or_else(String::new, ToString::to_string);
    for function in &program.functions {
        look(&[&function.body], &[&text(&function.about)]);
    }
    for rule in &program.rules {
        let about = text(&rule.about);
        if let RuleBody::All(requirements) = &rule.body {
            // A reason says what holds where its requirement does not: the boundary is the same.
            for one in requirements {
                let reason = one.reason.replace('_', " ");
                let about = if requirements.len() == 1 { about.as_str() } else { "" };
                look(&[&one.require], &[&reason, about]);
            }
            continue;
        }
        let mut formulas = Vec::new();
        rule.body.formulas(&mut |formula| formulas.push(formula));
        look(&formulas, &[&about]);
    }
    let of = |fields: &[crate::ir::Field], condition: &crate::ir::Condition| {
        let name = fields.get(condition.field).map_or("", |field| &field.name.value);
        format!("{} {}", name.replace('_', " "), condition.message)
    };
    let records = program.records.iter().flat_map(|r| r.conditions.iter().map(|c| (of(&r.fields, c), c)));
    let tables = program.tables.iter().flat_map(|t| t.conditions.iter().map(|c| (of(&t.fields, c), c)));
    for (message, condition) in records.chain(tables) {
        look(&[&condition.that], &[&message]);
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
        assert_eq!(words("on or before the last day"), Some(("on or before", false)));
        assert_eq!(words("must not be before the start"), None);
        assert_eq!(words("not earlier than the date"), Some(("not earlier than", true)));
    }
}
