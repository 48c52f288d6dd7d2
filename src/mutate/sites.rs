//! Every change of a plan that is tried: one at a time, named so that a person finds it and the plan
//! can accept it.

use super::changes::{Enumerations, changes};
use super::place::{Place, Role, places};
use crate::plan::document::{BoundKind, Document, RuleBody};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::print_expr;
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest formula that a change is shown within, in characters.
const SHOWN: usize = 90;

/// A change of a plan.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The definition that it changes.
    pub place: Place,
    /// What it changes, as people read it and the plan's `[[mutants]]` name it.
    pub change: String,
    /// The characters that it changes.
    pub span: Span,
    /// The clauses that they follow.
    pub cite: Vec<Arc<str>>,
    /// The change itself.
    pub edit: Edit,
}

/// What is changed in a definition.
#[derive(Clone, Debug)]
pub enum Edit {
    /// A part of a formula, both by number, becomes another.
    Part {
        /// The formula, in the order of [`Place::formulas`].
        formula: usize,
        /// The part, outermost first.
        part: usize,
        /// What it becomes.
        to: Box<Expr>,
    },
    /// A case is left out.
    DropCase(usize),
    /// A requirement is left out.
    DropRequirement(usize),
    /// A term's version begins on another day.
    From(NaiveDate),
    /// A bound allows its own value, or no longer does.
    Closed(usize),
}

/// Every change of a plan, in the order of the document.
pub fn mutants(document: &Document) -> Vec<Mutant> {
    let mut found = Vec::new();
    let names = Enumerations::of(document);
    for place in places(document) {
        let first = found.len();
        of_place(document, place, &names, &mut found);
        number_alike(found.get_mut(first..).unwrap_or_default());
    }
    found
}

/// Where two changes of a definition read alike, the later ones are numbered.
fn number_alike(mutants: &mut [Mutant]) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for mutant in mutants {
        let count = times.entry(mutant.change.clone()).or_default();
        *count = count.saturating_add(1);
        if *count > 1 {
            mutant.change = format!("{} ({count})", mutant.change);
        }
    }
}

fn of_place(document: &Document, place: Place, names: &Enumerations, found: &mut Vec<Mutant>) {
    let cites = place.cite(document);
    for (formula, of) in place.formulas(document).iter().enumerate() {
        let cite = of.cite.as_ref().map_or_else(|| cites.clone(), |own| vec![Arc::clone(own)]);
        let mut walk = Walk { place, formula, cite, part: 0, names, found };
        walk.go(of.expr, of.role, None);
    }
    if let Place::Term(term, version) = place {
        let from = document.terms.get(term).and_then(|t| t.versions.get(version)?.from.clone());
        if let Some(from) = from
            && let Some(to) = from.value.succ_opt()
        {
            let change = format!("`from = {}` to `from = {to}`", from.value);
            found.push(Mutant { place, change, span: from.span, cite: cites, edit: Edit::From(to) });
        }
        return;
    }
    for (index, (kind, bound)) in place.bounds(document).iter().enumerate() {
        let at = print_expr(bound);
        let change = format!("`{} {at}` to `{} {at}`", kind.words(), beside(*kind).words());
        found.push(Mutant {
            place,
            change,
            span: bound.span,
            cite: cites.clone(),
            edit: Edit::Closed(index),
        });
    }
    let Place::Rule(rule) = place else { return };
    match document.rules.get(rule).map(|r| &r.body) {
        Some(RuleBody::Cases { cases, .. }) => {
            for (index, case) in cases.iter().enumerate() {
                let change = format!("the case `{}` left out", shortened(&print_expr(&case.when)));
                let cite = case.cite.as_ref().map_or_else(|| cites.clone(), |c| vec![Arc::clone(&c.value)]);
                found.push(Mutant { place, change, span: case.when.span, cite, edit: Edit::DropCase(index) });
            }
        }
        Some(RuleBody::All(all)) if all.len() > 1 => {
            for (index, one) in all.iter().enumerate() {
                let change = format!("the requirement `{}` left out", one.reason.value);
                let cite = one.cite.as_ref().map_or_else(|| cites.clone(), |c| vec![Arc::clone(&c.value)]);
                let edit = Edit::DropRequirement(index);
                found.push(Mutant { place, change, span: one.require.span, cite, edit });
            }
        }
        _ => {}
    }
}

/// The bound beside one: with or without its own value.
fn beside(kind: BoundKind) -> BoundKind {
    match kind {
        BoundKind::Min => BoundKind::Above,
        BoundKind::Above => BoundKind::Min,
        BoundKind::Max => BoundKind::Below,
        BoundKind::Below => BoundKind::Max,
    }
}

struct Walk<'f> {
    names: &'f Enumerations,
    place: Place,
    formula: usize,
    cite: Vec<Arc<str>>,
    /// Parts met so far.
    part: usize,
    found: &'f mut Vec<Mutant>,
}

impl Walk<'_> {
    /// Goes through a part of a formula; `around` is the part that it belongs to.
    fn go(&mut self, expr: &Expr, role: Role, around: Option<&Expr>) {
        let part = self.part;
        self.part = self.part.saturating_add(1);
        for to in changes(expr, role, self.names) {
            let change = said(expr, &to, around);
            self.found.push(Mutant {
                place: self.place,
                change,
                span: expr.span,
                cite: self.cite.clone(),
                edit: Edit::Part { formula: self.formula, part, to: Box::new(to) },
            });
        }
        expr.children(&mut |child| self.go(child, Role::Value, Some(expr)));
    }
}

/// A change in words: a literal within what stands around it, anything else by itself.
fn said(from: &Expr, to: &Expr, around: Option<&Expr>) -> String {
    let literal = matches!(
        from.kind,
        ExprKind::Number { .. } | ExprKind::Date(_) | ExprKind::Bool(_) | ExprKind::Name(_)
    );
    if literal
        && let Some(around) = around
        && let Some(changed) = exchanged(around, from, to)
    {
        let (before, after) = (print_expr(around), print_expr(&changed));
        if before.chars().count() <= SHOWN {
            return format!("`{before}` to `{after}`");
        }
    }
    let (before, after) = (print_expr(from), print_expr(to));
    let (before, after) = differing(&before, &after);
    format!("`{before}` to `{after}`")
}

/// A formula with one of its direct parts exchanged.
fn exchanged(around: &Expr, from: &Expr, to: &Expr) -> Option<Expr> {
    let mut changed = around.clone();
    let mut done = false;
    changed.children_mut(&mut |child| {
        if !done && child.span == from.span && *child == *from {
            *child = to.clone();
            done = true;
        }
    });
    done.then_some(changed)
}

/// Two long texts cut to where they differ.
fn differing(before: &str, after: &str) -> (String, String) {
    if before.chars().count() <= SHOWN {
        return (before.to_owned(), after.to_owned());
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (before.split(' ').collect(), after.split(' ').collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let ends = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let ends = ends.min(a.len().min(b.len()).saturating_sub(same));
    let cut = |words: &[&str]| {
        let first = same.saturating_sub(3);
        let last = words.len().saturating_sub(ends).saturating_add(3).min(words.len());
        let middle = words.get(first..last).unwrap_or_default().join(" ");
        let lead = if first > 0 { "... " } else { "" };
        let tail = if last < words.len() { " ..." } else { "" };
        shortened(&format!("{lead}{middle}{tail}"))
    };
    (cut(&a), cut(&b))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN.saturating_mul(2) {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(SHOWN.saturating_mul(2)).collect();
    cut.push_str(" ...");
    cut
}

impl Mutant {
    /// The plan with this change.
    pub fn applied(&self, document: &Document) -> Document {
        let mut changed = document.clone();
        match &self.edit {
            Edit::Part { formula, part, to } => {
                if let Some(expr) = self.place.formulas_mut(&mut changed).into_iter().nth(*formula) {
                    let mut left = *part;
                    replace(expr, &mut left, to, &mut false);
                }
            }
            Edit::From(date) => {
                if let Place::Term(term, version) = self.place
                    && let Some(term) = changed.terms.get_mut(term)
                    && let Some(from) = term.versions.get_mut(version).and_then(|v| v.from.as_mut())
                {
                    from.value = *date;
                }
            }
            Edit::Closed(index) => {
                let bounds = self.place.bounds_mut(&mut changed);
                if let Some((kind, _)) = bounds.and_then(|bounds| bounds.get_mut(*index)) {
                    *kind = beside(*kind);
                }
            }
            Edit::DropCase(index) | Edit::DropRequirement(index) => {
                let Place::Rule(rule) = self.place else { return changed };
                match changed.rules.get_mut(rule).map(|r| &mut r.body) {
                    Some(RuleBody::Cases { cases, .. }) if *index < cases.len() => {
                        cases.remove(*index);
                    }
                    Some(RuleBody::All(all)) if *index < all.len() => {
                        all.remove(*index);
                    }
                    _ => {}
                }
            }
        }
        changed
    }
}

/// Puts `to` in the place of a part that so many others stand before.
fn replace(expr: &mut Expr, left: &mut usize, to: &Expr, done: &mut bool) {
    if *done {
        return;
    }
    match left.checked_sub(1) {
        None => {
            *expr = to.clone();
            *done = true;
        }
        Some(less) => {
            *left = less;
            expr.children_mut(&mut |child| replace(child, left, to, done));
        }
    }
}
