//! `[outline]`: every clause of the document and what became of it.

use super::document::{Document, OutlineEntry, OutlineStatus};
use super::found::Space;
use super::quote::quoted;
use super::walk::{Entry, Reader};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Name;
use std::sync::Arc;

const OUTLINE: &[&str] = &["heading", "rule", "input", "term", "assumption", "discretion", "narrative"];

/// How a status is made from a name or a text.
type Make = fn(Name) -> OutlineStatus;

/// The entries that name something in the plan.
const NAMED: [(&str, Make); 4] = [
    ("rule", OutlineStatus::Rule),
    ("input", OutlineStatus::Input),
    ("term", OutlineStatus::Term),
    ("assumption", OutlineStatus::Assumption),
];
/// The entries that say why nothing is computed.
const TOLD: [(&str, Make); 2] =
    [("discretion", OutlineStatus::Discretion), ("narrative", OutlineStatus::Narrative)];

/// Reads `[outline]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[outline]`".to_owned(), &[]) else { return };
    for entry in section.take_all(|_| true) {
        let read = read_one(reader, &entry);
        let defined = reader.define(Space::Clauses, &entry.key, "clause");
        match read {
            Some((heading, status)) if defined => {
                document.outline.push(OutlineEntry { clause: entry.key, heading, status });
            }
            _ => reader.leave_out(&entry),
        }
    }
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<(Option<Arc<str>>, Vec<OutlineStatus>)> {
    if entry.as_table().is_none() {
        let help = "write `{ rule = \"...\" }`, or `{ narrative = \"why there is nothing to compute\" }`";
        reader.wrong(entry, "a table that says what became of the clause", Some(help.to_owned()));
        return None;
    }
    let mut section = reader.section(entry, format!("the clause {}", quoted(&entry.key.value)), OUTLINE)?;
    let heading = reader.line(&mut section, "heading");
    let mut status = Vec::new();
    let mut said = false;
    for (key, make) in NAMED {
        if let Some(entry) = section.take(key) {
            said = true;
            status.extend(reader.paths(&entry).into_iter().map(make));
        }
    }
    for (key, make) in TOLD {
        if let Some(entry) = section.take(key) {
            said = true;
            status.extend(reader.text(&entry).map(make));
        }
    }
    // A heading alone stands over the clauses that follow it.
    if !said && heading.is_none() {
        reader.report(
            Diagnostic::error(Code::BadOutline, format!("{} does not say what became of it", section.what))
                .label(section.place, "expected a rule, an input, a term, an assumption, or why there is none")
                .help("add `rule = \"...\"`, `discretion = \"who decides\"` or `narrative = \"why nothing is computed\"`"),
        );
    }
    section.finish(reader);
    (!status.is_empty() || (!said && heading.is_some())).then_some((heading, status))
}
