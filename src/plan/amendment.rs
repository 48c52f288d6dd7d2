//! `[amendment]`: whose approval a change of the plan needs, in the document's words.

use super::document::{Amendment, Approval, Change, Document};
use super::quote::{listed, quoted};
use super::walk::{Entry, Reader};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Name;

const AMENDMENT: &[&str] = &["default", "change", "approvals"];
const APPROVAL: &[&str] = &["by", "cite", "words"];

/// Reads `[amendment]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[amendment]`".to_owned(), AMENDMENT) else { return };
    let mut amendment = Amendment { default: None, change: None, approvals: Vec::new() };
    let approvals = section.take("approvals");
    let entries = approvals.and_then(|e| reader.section(&e, "`approvals`".to_owned(), &[]));
    for entry in entries.into_iter().flat_map(|mut section| section.take_all(|_| true)) {
        match read_one(reader, &entry) {
            Some(approval) => amendment.approvals.push(approval),
            None => reader.leave_out(&entry),
        }
    }
    for key in ["default", "change"] {
        let Some(name) = section.take(key).and_then(|e| reader.text(&e)) else { continue };
        known(reader, &amendment, &name);
        let place = if key == "default" { &mut amendment.default } else { &mut amendment.change };
        *place = Some(name);
    }
    section.finish(reader);
    document.amendment = Some(amendment);
    for change in changes(document) {
        if let Some(amendment) =
            document.amendment.as_ref().filter(|_| change.span.source == reader.file.source)
        {
            known(reader, amendment, &change);
        }
    }
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Approval> {
    let mut section =
        reader.section(entry, format!("the approval {}", quoted(&entry.key.value)), APPROVAL)?;
    let cite = section.take("cite").map(|e| reader.texts(&e)).unwrap_or_default();
    let words = reader.line(&mut section, "words");
    // Where it is missing that is said, and the approval can be named all the same.
    let by =
        section.need(reader, "by").and_then(|e| reader.text(&e)).map_or_else(|| "".into(), |by| by.value);
    section.finish(reader);
    Some(Approval { name: entry.key.clone(), by, cite, words })
}

/// Reports an approval that `[amendment]` does not name.
fn known(reader: &mut Reader<'_>, amendment: &Amendment, name: &Name) {
    if amendment.of(&name.value).is_some() || reader.found.excuses(&name.value) {
        return;
    }
    let names = || amendment.approvals.iter().map(|a| &*a.name.value);
    let near = reader.found.near(&name.value, names());
    let help = match near {
        Some(near) => format!("did you mean {}?", quoted(near)),
        None if amendment.approvals.is_empty() => {
            format!("add `[amendment.approvals.{}]` with `by`, `cite` and `words`", name.value)
        }
        None => format!("the approvals are {}", listed(names(), "and")),
    };
    reader.report(
        Diagnostic::error(Code::UnknownValue, format!("there is no approval {}", quoted(&name.value)))
            .label(name.span, "not among `[amendment.approvals]`")
            .help(help),
    );
}

/// Every `change` of the definitions read so far.
fn changes(document: &Document) -> Vec<Name> {
    let fields = document.inputs.iter().flat_map(|input| input.kind.fields());
    let notes = document.terms.iter().map(|t| &t.notes);
    let notes = notes.chain(document.inputs.iter().map(|i| &i.notes)).chain(fields.map(|f| &f.notes));
    let notes = notes.chain(document.functions.iter().map(|f| &f.notes));
    let notes = notes.chain(document.rules.iter().map(|r| &r.notes));
    let notes = notes.chain(document.assumptions.iter().map(|a| &a.notes));
    let mut found: Vec<Name> = notes.flat_map(|n| n.change.iter().flat_map(Change::names)).cloned().collect();
    found.sort_by_key(|name| name.span);
    found.dedup();
    found
}
