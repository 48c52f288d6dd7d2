//! `[lints]`: how much each kind of warning weighs in this plan.

use super::document::{Document, Lint};
use super::quote::quoted;
use super::walk::{Entry, Reader};
use crate::diagnostic::{CODES, Code, Diagnostic, Level};

const LEVELS: [(&str, Level); 3] = [("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny)];
const LINT: &[&str] = &["level", "reason"];

/// Reads `[lints]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[lints]`".to_owned(), &[]) else { return };
    for entry in section.take_all(|_| true) {
        let code = CODES.iter().find(|row| row.name == &*entry.key.value && row.code.level().is_some());
        match code {
            Some(row) => document.lints.extend(read_one(reader, &entry, row.code)),
            None => unknown(reader, &entry),
        }
    }
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry<'_>, code: Code) -> Option<Lint> {
    if entry.as_table().is_none() {
        let level = reader.one_of(entry, &LEVELS)?;
        if level.value == Level::Allow {
            let message = format!("{} is allowed without a reason", quoted(&entry.key.value));
            reader.report(
                Diagnostic::error(Code::MissingEntry, message)
                    .label(level.span, "`reason` is missing")
                    .help(format!("write `{} = {{ level = \"allow\", reason = \"...\" }}`", entry.key.value)),
            );
            return None;
        }
        return Some(Lint { code, level: level.value, reason: None });
    }
    let mut section = reader.section(entry, format!("the lint {}", quoted(&entry.key.value)), LINT)?;
    let level = section.need(reader, "level").and_then(|e| reader.one_of(&e, &LEVELS));
    let is_allowed = level.as_ref().is_some_and(|l| l.value == Level::Allow);
    let reason = if is_allowed { section.need(reader, "reason") } else { section.take("reason") };
    let reason = reason.and_then(|e| reader.text(&e));
    section.finish(reader);
    Some(Lint { code, level: level?.value, reason: reason.map(|r| r.value) })
}

fn unknown(reader: &mut Reader<'_>, entry: &Entry<'_>) {
    let name = &*entry.key.value;
    let names = || CODES.iter().filter(|row| row.code.level().is_some()).map(|row| row.name);
    let near = reader.found.near(name, names());
    let (label, help) = match (Code::find(name), near) {
        (Some(_), _) => ("no matter of choice", "leave it out: this problem is always an error".to_owned()),
        (None, Some(near)) => ("no such lint", format!("did you mean {}?", quoted(near))),
        (None, None) => ("no such lint", "`whereas code` lists the lints with their levels".to_owned()),
    };
    reader.report(
        Diagnostic::error(Code::UnknownEntry, format!("{} is not a lint", quoted(name)))
            .label(entry.key.span, label)
            .help(help),
    );
}
