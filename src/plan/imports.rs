//! `[imports]`: calendars and parts, each under a name.

use super::names::checked_name;
use super::quote::quoted;
use super::walk::{Entry, Reader};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Name, Spanned};
use std::sync::Arc;

/// What an import is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImportKind {
    /// A calendar file, under the name that formulas use.
    Calendar,
    /// A part, whose definitions join the plan's.
    Part,
}

/// One import.
#[derive(Clone, Debug)]
pub(super) struct Import {
    /// Its name.
    pub name: Name,
    /// Calendar or part.
    pub kind: ImportKind,
    /// The path as written.
    pub path: Spanned<Arc<str>>,
}

/// Reads `[imports]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Vec<Import> {
    let Some(mut section) = reader.section(entry, "`[imports]`".to_owned(), &[]) else {
        return Vec::new();
    };
    let entries = section.take_all(|_| true);
    entries.iter().filter_map(|entry| read_one(reader, entry)).collect()
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Import> {
    let name = entry.key.clone();
    if entry.as_table().is_none() {
        let help =
            format!("write `{0} = {{ calendar = \"...\" }}` or `{0} = {{ part = \"...\" }}`", name.value);
        reader.wrong(entry, "a table", Some(help));
        reader.found.leave_out(&name);
        return None;
    }
    let what = format!("the import {}", quoted(&name.value));
    let mut section = reader.section(entry, what, &["calendar", "part"])?;
    let (calendar, part) = (section.take("calendar"), section.take("part"));
    let import = match (&calendar, &part) {
        (Some(path), None) => reader.text(path).map(|path| (ImportKind::Calendar, path)),
        (None, Some(path)) => reader.text(path).map(|path| (ImportKind::Part, path)),
        (None, None) => {
            reader.report(
                Diagnostic::error(Code::MissingEntry, format!("{} names no file", section.what))
                    .label(name.span, "`calendar` or `part` is missing")
                    .help("add `calendar = \"...\"` or `part = \"...\"` with the file's path"),
            );
            None
        }
        (Some(calendar), Some(part)) => {
            reader.report(
                Diagnostic::error(
                    Code::WrongEntry,
                    format!("{} is both a calendar and a part", section.what),
                )
                .label(part.key.span, "the second")
                .label(calendar.key.span, "the first")
                .help("give each file an import of its own"),
            );
            None
        }
    };
    section.finish(reader);
    if import.is_none() || !checked_name(reader, &name) {
        reader.found.leave_out(&name);
        // Whatever a part would have defined is not known either.
        reader.found.incomplete |= part.is_some();
        return None;
    }
    import.map(|(kind, path)| Import { name, kind, path })
}
