//! Faults of the TOML itself, in words for somebody who does not know TOML, and which lines of the
//! file are lost to them: what stands on the others is read as if the file were sound.

use super::found::{File, Space, names_in};
use super::walk::Reader;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Name, Span, TomlFault};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// The lines that faults of the TOML take away.
#[derive(Default)]
pub(super) struct Lost {
    /// The lines, counted from 1.
    pub lines: BTreeSet<u32>,
}

impl Lost {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Problems of a definition as a whole: they may come from a line below its header that is lost.
const OF_THE_WHOLE: [Code; 7] = [
    Code::MissingEntry,
    Code::UnknownName,
    Code::BadRule,
    Code::BadTest,
    Code::BadKey,
    Code::BadAssumption,
    Code::BadOutline,
];

/// Entries without which a definition still means the same.
const NOTES: [&str; 5] = ["cite", "about", "change", "title", "source"];

/// The sections that say nothing of what data must be like.
const BEYOND_DATA: [&str; 5] = ["rules", "outline", "fixtures", "tests", "mutants"];

/// Whether a line begins an entry or a section, rather than going on with the one before.
pub(super) fn is_entry(line: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' ' | '\t');
    is_header(line) || line.split_once('=').is_some_and(|(key, _)| !key.is_empty() && key.chars().all(name))
}

/// Whether a line is the header of a section, whole or broken off: names joined by points, and no list
/// or query inside a formula of several lines.
pub(super) fn is_header(line: &str) -> bool {
    let Some(rest) = line.trim_start().strip_prefix('[') else { return false };
    let rest = rest.strip_prefix('[').unwrap_or(rest).trim_start();
    let end = rest.find([']', '#', '\n', '\r']).unwrap_or(rest.len());
    let name = rest.get(..end).unwrap_or(rest).trim_end();
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'');
    let quoted = name.contains(['"', '\'']);
    !name.is_empty()
        && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && (quoted || name.chars().all(in_name))
}

/// Whether a line holds an entry that only readers need.
fn is_note(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, _)| NOTES.contains(&key.trim()))
}

/// Reports every fault.
pub(super) fn report(reader: &mut Reader<'_>, faults: Vec<(Range<usize>, String)>) {
    for (place, message) in faults {
        let words = TomlFault::in_words(&reader.file.text, &place, &message, "text and formulas stand");
        let span = reader.span(place);
        reader.report(
            Diagnostic::error(Code::TomlSyntax, words.message).label(span, words.label).help(words.help),
        );
    }
}

impl File {
    /// Every word on a lost line, and every text in quotes: what was defined or used there may have
    /// such a name.
    pub fn lost_words(&self) -> BTreeSet<Arc<str>> {
        let lines = self.lost.lines.iter().map(|line| self.line_text(*line));
        lines.flat_map(|text| names_in(text).chain(text.split(['"', '\'']))).map(Arc::from).collect()
    }

    /// Whether lines of a section are lost, its header among them.
    pub fn has_lost_lines_of(&self, section: &str) -> bool {
        let mut within = false;
        (1..=self.line_count()).any(|line| {
            let text = self.line_text(line);
            if is_header(text) {
                within = names_in(text).next() == Some(section);
            }
            within && self.lost.lines.contains(&line)
        })
    }

    /// Whether a place lies in a section that says nothing of what data must be like.
    pub fn is_beyond_data(&self, span: Span) -> bool {
        let lines = (1..=self.line(span.start as usize)).rev().map(|line| self.line_text(line).trim());
        let header = lines.filter(|text| is_header(text)).map(|text| text.trim_start_matches('[')).next();
        header.is_some_and(|name| names_in(name).next().is_some_and(|name| BEYOND_DATA.contains(&name)))
    }

    /// Whether a definition's own lines are lost in part, so that it may not be what its author
    /// meant. `span` is its name, in the header where it has one.
    pub fn is_unsure(&self, span: Span) -> bool {
        let block = self.block(span);
        self.lost.lines.range(block).any(|line| !is_note(self.line_text(*line)))
    }

    /// Whether a header of a definition, or of a part of it, is lost, so that only some of its parts
    /// are left.
    pub fn has_lost_header(&self, space: &Space, name: &Name, kind: &str) -> bool {
        let headers = self.lost.lines.iter().map(|line| self.line_text(*line)).filter(|line| is_header(line));
        let section = format!("{kind}s");
        let path: Vec<&str> = match space {
            Space::Fields(table) if kind == "rule" => vec![&section, table, &name.value],
            _ => vec![&section, &name.value],
        };
        headers.map(names_in).any(|words| words.take(path.len()).eq(path.iter().copied()))
    }

    /// The lines of a definition: those of its name, and where these are a header, all up to the
    /// next header that is sound, or is that of something else.
    fn block(&self, span: Span) -> Range<u32> {
        let first = self.line(span.start as usize);
        let end = self.line(span.end as usize).saturating_add(1);
        if self.lost.lines.is_empty() || !is_header(self.line_text(first)) {
            return first..end;
        }
        let own: Vec<&str> = names_in(self.line_text(first)).collect();
        // A header that is lost may have been meant to go on with this definition, if its names are
        // the same as far as they go.
        let goes_on = |text: &str| names_in(text).zip(&own).all(|(name, own)| name == *own);
        let is_end = |line: &u32| {
            let text = self.line_text(*line);
            is_header(text) && !(self.lost.lines.contains(line) && goes_on(text))
        };
        let next = (end..=self.line_count()).find(is_end);
        first..next.unwrap_or_else(|| self.line_count().saturating_add(1))
    }

    /// Whether a problem would remain if the TOML were mended.
    pub fn stands(&self, diagnostic: &Diagnostic) -> bool {
        let Some(span) = diagnostic.primary().filter(|s| s.source == self.source) else { return true };
        if self.lost.lines.is_empty() || diagnostic.code == Code::TomlSyntax {
            return true;
        }
        // What is missing of the whole file may stand on any line.
        if span.end == 0 {
            return false;
        }
        let own = self.line(span.start as usize)..self.line(span.end as usize).saturating_add(1);
        let lines = if OF_THE_WHOLE.contains(&diagnostic.code) { self.block(span) } else { own };
        self.lost.lines.range(lines).next().is_none()
    }

    /// The sections in which lines are lost, each up to the last of these.
    pub fn lost_parts(&self) -> Vec<Span> {
        let mut parts: Vec<Span> = Vec::new();
        let mut header = 0;
        for line in 1..=self.line_count() {
            let (start, end) = (self.start_of(line), self.start_of(line.saturating_add(1)));
            if is_header(self.line_text(line)) {
                header = start;
            }
            if self.lost.lines.contains(&line) {
                let part = Span::new(self.source, header, end);
                match parts.last_mut().filter(|last| last.start == part.start) {
                    Some(last) => *last = part,
                    None => parts.push(part),
                }
            }
        }
        parts
    }
}
