//! Faults of the TOML itself, in words for somebody who does not know TOML, and which lines of the
//! file cannot be trusted because of them.

use super::walk::Reader;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, TomlFault};
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

/// Whether a line begins an entry or a section, rather than going on with the one before.
fn is_entry(line: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' ' | '\t');
    let line = line.trim_start();
    line.starts_with('[')
        || line.split_once('=').is_some_and(|(key, _)| !key.is_empty() && key.chars().all(name))
}

/// Reports every fault, at most one a line: `toml` often finds the same one again.
pub(super) fn report(reader: &mut Reader<'_>, errors: &[Error]) -> Unsure {
    let end = reader.file.text.len();
    let mut faults: Vec<(Span, &str)> =
        errors.iter().map(|e| (reader.span(e.span().unwrap_or(end..end)), e.message())).collect();
    faults.sort_by_key(|(span, _)| span.start);
    let mut unsure = Unsure { lines: BTreeSet::new() };
    let (mut last_line, mut text_open) = (0, false);
    for (span, message) in faults {
        let line = reader.file.line(span.start as usize);
        if line != last_line {
            unsure.add(reader, line);
        }
        // A text that breaks off goes on below: what is found there is no fault of its own.
        let goes_on = text_open
            && (last_line..line).all(|above| !is_entry(reader.file.line_text(above.saturating_add(1))));
        if line != last_line && !goes_on {
            let diagnostic = in_words(reader, span, message);
            text_open = diagnostic.message == TomlFault::TEXT_OPEN;
            reader.report(diagnostic);
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
        // A value that the parser made up to go on with has no place.
        if span.end == 0 {
            return false;
        }
        let (first, last) = (reader.file.line(span.start as usize), reader.file.line(span.end as usize));
        !OF_THE_WHOLE.contains(&diagnostic.code) && self.lines.range(first..=last).next().is_none()
    }
}

fn in_words(reader: &Reader<'_>, span: Span, found: &str) -> Diagnostic {
    let fault = TomlFault::in_words(&reader.file.text, &span.range(), found, "text and formulas stand");
    Diagnostic::error(Code::TomlSyntax, fault.message).label(span, fault.label).help(fault.help)
}
