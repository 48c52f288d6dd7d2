//! The later version with one change taken back: what moves between the two is that change's doing alone.

use super::item::Kind;
use super::{Change, Comparison, How, Version};
use crate::check::check;
use crate::ir::Program;
use crate::limits::Limits;
use crate::plan::{Document, Rule};

/// What an input must be like, and who may see or change a rule: nothing of it moves a result.
const OF_NO_RESULT: [&str; 9] =
    ["change", "private", "at least", "at most", "above", "below", "step", "whole", "unique"];

/// Whether a change can move results of data that fit both versions.
pub(super) fn moves_results(change: &Change) -> bool {
    let of_result = |what: &str| !OF_NO_RESULT.contains(&what) && !what.starts_with("condition on `");
    !matches!(change.kind, Kind::Clause | Kind::Amendment | Kind::Type)
        && change.differences.iter().any(|d| of_result(&d.what))
}

/// The later version with one definition as the earlier version has it; none where that is no plan, or
/// the definition has no counterpart.
pub(super) fn without(
    change: &Change,
    comparison: &Comparison,
    (old, new): (&Version, &Version),
    limits: &Limits,
) -> Option<Program> {
    // A formula of the earlier version speaks of things by their earlier names.
    if change.how != How::Changed || !comparison.renamed.is_empty() {
        return None;
    }
    let mut document = new.document.clone();
    take_back(change, &old.document, &mut document)?;
    let checked = check(document, limits);
    checked.sound.then_some(checked.program)
}

fn take_back(change: &Change, old: &Document, new: &mut Document) -> Option<()> {
    let name = change.name.as_str();
    match change.kind {
        Kind::Term => put(&old.terms, &mut new.terms, |t| &*t.name.value == name),
        Kind::Function => put(&old.functions, &mut new.functions, |f| &*f.name.value == name),
        Kind::Assumption => put(&old.assumptions, &mut new.assumptions, |a| &*a.name.value == name),
        Kind::Calendar => put(&old.calendars, &mut new.calendars, |c| &*c.name.value == name),
        Kind::Rule => {
            put(&old.rules, &mut new.rules, |rule: &Rule| match (&rule.table, name.split_once('.')) {
                (Some(table), Some((of, own))) => *table.value == *of && *rule.name.value == *own,
                (None, None) => *rule.name.value == *name,
                _ => false,
            })
        }
        Kind::Plan => {
            new.header.term_date.clone_from(&old.header.term_date);
            new.conventions = old.conventions.clone();
            Some(())
        }
        Kind::Amendment | Kind::Type | Kind::Input | Kind::Field | Kind::Clause => None,
    }
}

fn put<T: Clone>(old: &[T], new: &mut [T], wanted: impl Fn(&T) -> bool) -> Option<()> {
    let was = old.iter().find(|t| wanted(t))?;
    let place = new.iter_mut().find(|t| wanted(t))?;
    *place = was.clone();
    Some(())
}
