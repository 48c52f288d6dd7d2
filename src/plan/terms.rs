//! `[terms]` and `[types]`: the figures a plan states, and names for its types.

use super::document::{Document, Notes, Term, TermVersion, TypeAlias};
use super::found::Space;
use super::quote::quoted;
use super::walk::{Entry, Reader, Section};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

const TERM: &[&str] = &["value", "history", "cite", "about", "change"];
const VERSION: &[&str] = &["from", "until", "value"];

/// Reads `[types]`.
pub(super) fn read_types(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[types]`".to_owned(), &[]) else { return };
    for entry in section.take_all(|_| true) {
        let ty = reader.ty(&entry);
        let defined = reader.define(Space::Types, &entry.key, "type");
        match ty {
            Some(ty) if defined => document.types.push(TypeAlias { name: entry.key, ty }),
            _ => reader.leave_out(&entry),
        }
    }
}

/// Reads `[terms]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[terms]`".to_owned(), &[]) else { return };
    for entry in section.take_all(|_| true) {
        let term = reader.judged(&entry.key, |reader| read_one(reader, &entry));
        let defined = reader.define(Space::Definitions, &entry.key, "term");
        match term {
            Some(term) if defined => document.terms.push(term),
            _ => reader.leave_out(&entry),
        }
    }
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Term> {
    let name = entry.key.clone();
    if entry.as_table().is_none() {
        // The short form: `discount = "85%"`.
        let value = reader.formula(entry)?;
        let versions = vec![TermVersion { from: None, until: None, value }];
        return Some(Term { name, versions, notes: Notes::default() });
    }
    let mut section = reader.section(entry, format!("the term {}", quoted(&name.value)), TERM)?;
    let notes = reader.notes(&mut section);
    let (value, history) = (section.take("value"), section.take("history"));
    let versions = match (&value, &history) {
        (Some(value), None) => {
            reader.formula(value).map(|value| vec![TermVersion { from: None, until: None, value }])
        }
        (None, Some(history)) => read_history(reader, &section, history),
        (Some(value), Some(history)) => {
            reader.report(
                Diagnostic::error(
                    Code::BadHistory,
                    format!("{} has both a value and a history", section.what),
                )
                .label(history.key.span, "the history")
                .label(value.key.span, "the value")
                .help("make the value the history's last version, or remove the history"),
            );
            None
        }
        (None, None) => {
            section.need(reader, "value");
            None
        }
    };
    section.finish(reader);
    Some(Term { name, versions: versions?, notes })
}

fn read_history(reader: &mut Reader<'_>, term: &Section<'_>, entry: &Entry<'_>) -> Option<Vec<TermVersion>> {
    let Some(items) = reader.items(entry) else {
        reader.wrong(entry, "a list of versions", Some(HISTORY.to_owned()));
        return None;
    };
    if items.is_empty() {
        reader.report(
            Diagnostic::error(Code::BadHistory, format!("{} has an empty history", term.what))
                .label(entry.span, "no version stands here")
                .help(HISTORY),
        );
        return None;
    }
    let read: Vec<_> = items.iter().map(|item| read_version(reader, term, item)).collect();
    let versions: Vec<(TermVersion, Span)> = read.into_iter().collect::<Option<_>>()?;
    let mut in_order = true;
    for (earlier, later) in versions.iter().zip(versions.iter().skip(1)) {
        in_order &= follows(reader, term, earlier, later);
    }
    in_order.then(|| versions.into_iter().map(|(version, _)| version).collect())
}

const HISTORY: &str = "write it as `history = [{ from = 1999-07-22, value = \"10%\" }, ...]`";

fn read_version(
    reader: &mut Reader<'_>,
    term: &Section<'_>,
    item: &Entry<'_>,
) -> Option<(TermVersion, Span)> {
    let mut section = reader.section(item, format!("a version of {}", term.what), VERSION)?;
    section.place = item.span;
    let from = section.need(reader, "from").map(|e| reader.date(&e));
    let until = section.take("until").map(|e| reader.date(&e));
    let value = section.need(reader, "value").map(|e| reader.formula(&e));
    section.finish(reader);
    let (from, value) = (from??, value??);
    let until = match until {
        Some(until) => Some(until?),
        None => None,
    };
    if let Some(until) = until.as_ref().filter(|u| u.value < from.value) {
        reader.report(
            Diagnostic::error(Code::BadHistory, format!("a version of {} ends before it begins", term.what))
                .label(until.span, format!("the last day, before {}", from.value))
                .label(from.span, "the first day")
                .help("let the version end on its first day or later, or leave `until` out"),
        );
        return None;
    }
    Some((TermVersion { from: Some(from), until, value }, item.span))
}

/// Whether a version begins after the one before it has ended.
fn follows(
    reader: &mut Reader<'_>,
    term: &Section<'_>,
    earlier: &(TermVersion, Span),
    later: &(TermVersion, Span),
) -> bool {
    let (Some(first), Some(second)) = (&earlier.0.from, &later.0.from) else { return true };
    let problem = if second.value <= first.value {
        let help = "put the versions in the order of their dates, each with a date of its own";
        Some((format!("the versions of {} are not in the order of their dates", term.what), first, help))
    } else if let Some(until) = earlier.0.until.as_ref().filter(|u| u.value >= second.value) {
        let help = "let the earlier version end the day before, or leave `until` out";
        Some((format!("two versions of {} overlap", term.what), until, help))
    } else {
        None
    };
    let Some((message, other, help)) = problem else { return true };
    reader.report(
        Diagnostic::error(Code::BadHistory, message)
            .label(second.span, format!("begins on {}", second.value))
            .label(other.span, "the version before it")
            .help(help),
    );
    false
}
