//! Faults of the TOML itself, in words for somebody who does not know TOML, and which lines of the
//! file cannot be trusted because of them.

use super::quote::quoted;
use super::walk::Reader;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use std::collections::BTreeSet;
use toml::de::Error;

/// Lines whose entries may not be what their author meant.
pub(super) struct Unsure {
    lines: BTreeSet<u32>,
}

/// What is also reported where something is merely missing: it may stand on a line that TOML lost.
const OF_THE_WHOLE: [Code; 7] = [
    Code::MissingEntry,
    Code::UnknownName,
    Code::BadRule,
    Code::BadTest,
    Code::BadKey,
    Code::BadAssumption,
    Code::BadOutline,
];

/// Reports every fault, at most one a line: `toml` often finds the same one again.
pub(super) fn report(reader: &mut Reader<'_>, errors: &[Error]) -> Unsure {
    let end = reader.file.text.len();
    let mut faults: Vec<(Span, &str)> =
        errors.iter().map(|e| (reader.span(e.span().unwrap_or(end..end)), e.message())).collect();
    faults.sort_by_key(|(span, _)| span.start);
    let mut unsure = Unsure { lines: BTreeSet::new() };
    let mut last_line = 0;
    for (span, message) in faults {
        let line = reader.file.line(span.start as usize);
        if line != last_line {
            let diagnostic = in_words(reader, span, message);
            reader.report(diagnostic);
            unsure.add(reader, line);
        }
        last_line = line;
    }
    unsure
}

impl Unsure {
    fn add(&mut self, reader: &Reader<'_>, line: u32) {
        let is_header = |line: u32| reader.file.line_text(line).trim_start().starts_with('[');
        self.lines.insert(line);
        if is_header(line) {
            // Without its header, a section's entries seem to belong to the one before.
            let below = (line.saturating_add(1)..=reader.file.line_count()).take_while(|l| !is_header(*l));
            self.lines.extend(below);
        }
    }

    /// Whether a problem would remain if the TOML were mended.
    pub fn stands(&self, reader: &Reader<'_>, diagnostic: &Diagnostic) -> bool {
        let Some(span) = diagnostic.primary().filter(|s| s.source == reader.file.source) else { return true };
        if self.lines.is_empty() || diagnostic.code == Code::TomlSyntax {
            return true;
        }
        let (first, last) = (reader.file.line(span.start as usize), reader.file.line(span.end as usize));
        !OF_THE_WHOLE.contains(&diagnostic.code) && self.lines.range(first..=last).next().is_none()
    }
}

fn in_words(reader: &Reader<'_>, span: Span, found: &str) -> Diagnostic {
    let (fault, expected) = found.split_once(", expected ").unwrap_or((found, ""));
    let text = reader.slice(span);
    let before = reader.file.text.get(..span.start as usize).unwrap_or("").trim_end();
    let value_missing = text.trim().is_empty() && before.ends_with(['=', ',', '[']);
    let quoting = fault.contains("must be quoted");
    if value_missing && (quoting || fault.ends_with("string")) {
        return syntax("a value is missing")
            .label(span, "expected a value")
            .help("write the value after the `=`; text and formulas stand in quotes");
    }
    if quoting {
        return syntax(format!("{} must stand in quotes", quoted(text)))
            .label(span, "not a number, a date, `true` or `false`")
            .help("text and formulas stand in quotes: `\"...\"`");
    }
    if fault.ends_with("string") {
        return syntax("a text is not closed")
            .label(span, format!("expected {expected}"))
            .help("end the text with the quotes it begins with; text of several lines stands between `\"\"\"` and `\"\"\"`");
    }
    if fault.starts_with("invalid date") {
        return Diagnostic::error(Code::TomlSyntax, format!("{} is not a date", quoted(text)))
            .label(span, format!("expected {expected}"))
            .help("dates are year, month and day: `2001-02-20`");
    }
    match fault {
        "duplicate key" => {
            syntax(format!("{} is written twice", quoted(text))).label(span, "again here").help(
                "an entry and a section's header are written once: rename one, remove one, or join the two",
            )
        }
        "key with no value" => syntax("an entry has no value")
            .label(span, "expected `=`")
            .help("write `name = value`, the name in quotes if it is more than one word"),
        "unclosed table" => syntax("a section's header is not closed")
            .label(span, format!("expected {expected}"))
            .help("write the header as `[name]`, or `[[tests]]` for a test"),
        "unclosed array" => syntax("a list is not closed").label(span, format!("expected {expected}")),
        "unclosed inline table" => {
            syntax("a table is not closed").label(span, format!("expected {expected}"))
        }
        "missing comma between array elements" => syntax("two items of a list have no comma between them")
            .label(span, "expected `,`")
            .help("put a comma between the items, and `]` after the last"),
        "missing comma between key-value pairs" => {
            syntax("two entries of a table have no comma between them")
                .label(span, "expected `,`")
                .help("put a comma between the entries, and `}` after the last")
        }
        other if expected.is_empty() || expected == "nothing" => {
            syntax(format!("this is not valid TOML: {other}")).label(span, "not understood")
        }
        other => {
            syntax(format!("this is not valid TOML: {other}")).label(span, format!("expected {expected}"))
        }
    }
}

fn syntax(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::TomlSyntax, message)
}
