//! What the readers share: faults that name a file and a line, and the lines of offsets.

use super::{Place, Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Subject, meant};
use crate::limits::Limits;
use std::sync::Arc;

/// Characters of the user's text that a message repeats; the rest is cut.
const SHOWN: usize = 60;

/// A fault in the data, in `file` and on `line` (from 1) where it is known.
pub(super) fn fault(code: Code, file: &str, line: Option<u32>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, message).about(Subject {
        file: Some(file.to_owned()),
        line,
        ..Subject::default()
    })
}

/// A fault about a table, record or scalar named `table`, at `place`.
pub(super) fn fault_of(code: Code, table: &str, place: &Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, message).about(Subject { table: Some(table.to_owned()), ..place.subject() })
}

/// A value with its place.
pub(super) fn raw(kind: RawKind, file: &Arc<str>, line: u32) -> Raw {
    Raw { kind, place: Place::new(Arc::clone(file), Some(line)) }
}

/// What a value is, for a message: "a list".
pub(super) fn described(kind: &RawKind) -> &'static str {
    match kind {
        RawKind::Null => "nothing",
        RawKind::Bool(_) => "true or false",
        RawKind::Number(_) | RawKind::Float(_) => "a number",
        RawKind::Text(_) | RawKind::Cell(_) => "a text",
        RawKind::Date(_) => "a date",
        RawKind::List(_) | RawKind::Sheet { .. } => "a list",
        RawKind::Map(_) => "a record",
    }
}

/// The user's text as a message repeats it: in backticks, on one line, cut where it is long.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::from("`");
    for (i, c) in text.chars().enumerate() {
        if i >= SHOWN {
            out.push('…');
            break;
        }
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out.push('`');
    out
}

/// "did you mean ...?" for a name that is not there, or else the names that are.
pub(super) fn suggest<'a>(
    found: &str,
    what: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(near) = meant(found, names.clone()) {
        return Some(near);
    }
    let mut all: Vec<String> = names.into_iter().take(13).map(|n| format!("`{n}`")).collect();
    if all.is_empty() {
        return None;
    }
    if all.len() > 12 {
        all.truncate(12);
        all.push("others".to_owned());
    }
    Some(format!("{what}: {}", all.join(", ")))
}

/// Cuts a list of faults to the limit, and counts the rest in a last one.
pub(super) fn capped(mut faults: Diagnostics, more: usize, file: &str, limits: &Limits) -> Diagnostics {
    let beyond = faults.len().saturating_sub(limits.faults).saturating_add(more);
    faults.truncate(limits.faults);
    if beyond > 0 {
        faults.push(fault(Code::DataSyntax, file, None, format!("{beyond} more faults are not listed")));
    }
    faults
}

/// The fault of a text that is larger than `limit` bytes.
pub(super) fn too_large(file: &str, limit: usize) -> Diagnostic {
    fault(
        Code::FileTooLarge,
        file,
        None,
        format!("{} is larger than {limit} bytes, the most that is read", shown(file)),
    )
    .help("give the large tables as CSV files, which have no such limit")
}

/// Refuses a document that is larger than the limit.
pub(super) fn check_size(file: &str, text: &str, limits: &Limits) -> Result<(), Diagnostics> {
    if text.len() > limits.document_bytes {
        Err(vec![too_large(file, limits.document_bytes)])
    } else {
        Ok(())
    }
}

/// The fault of a document that nests too deeply.
pub(super) fn too_deep(file: &str, line: Option<u32>, limits: &Limits) -> Diagnostic {
    let message = format!("lists and records nest deeper than {} levels here", limits.depth);
    fault(Code::DataSyntax, file, line, message)
        .help("data are records and tables of simple values, so the file is probably not meant for this plan")
}

/// Where the lines of a text begin, to turn byte offsets into lines.
pub(super) struct Lines {
    ends: Vec<usize>,
}

impl Lines {
    /// The lines of `text`.
    pub(super) fn new(text: &str) -> Self {
        Self { ends: text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i).collect() }
    }

    /// The line, from 1, of the byte at `offset`.
    pub(super) fn at(&self, offset: usize) -> u32 {
        let before = self.ends.partition_point(|end| *end < offset);
        u32::try_from(before.saturating_add(1)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines() {
        let lines = Lines::new("ab\nc\n\nd");
        let found: Vec<u32> = (0..7).map(|offset| lines.at(offset)).collect();
        assert_eq!(found, [1, 1, 1, 2, 2, 3, 4]);
    }

    #[test]
    fn what_the_user_wrote_is_shown_on_one_line_and_cut() {
        assert_eq!(shown("a\tb\n"), "`a\\tb\\n`");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), 63);
    }

    #[test]
    fn names_are_suggested_or_listed() {
        let names = ["company", "period"];
        assert_eq!(suggest("compny", "the plan has", names).unwrap(), "did you mean `company`?");
        assert_eq!(suggest("zzz", "the plan has", names).unwrap(), "the plan has: `company`, `period`");
        assert_eq!(suggest("zzz", "the plan has", []), None);
    }
}
