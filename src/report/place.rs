//! Lines and columns of the labels' texts, indexed once for a whole listing, and the words for a
//! place in the data.

use super::escape;
use crate::diagnostic::{Diagnostic, Label, Subject};
use crate::source::{Source, SourceId, SourceMap};
use std::collections::BTreeMap;
use std::ops::Range;

/// The lines of one text. Lines count from 0 here; [`Lines::position`] counts from 1.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        // A byte order mark at the start of a file is no character of its first line.
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let starts = std::iter::once(first).chain(breaks.map(|(i, _)| i.saturating_add(1))).collect();
        Self { text, starts }
    }

    /// How many lines there are; a text that ends with a line break has an empty last one.
    #[cfg(feature = "cli")]
    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The range moved into the text and widened to whole characters, so that it can be cut out.
    pub(super) fn clamp(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.starts.first().copied().unwrap_or(0);
        let mut start = range.start.clamp(first, self.text.len());
        while !self.text.is_char_boundary(start) {
            start = start.saturating_sub(1);
        }
        let mut end = range.end.clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end = end.saturating_add(1);
        }
        start..end
    }

    /// The line that the byte at `offset` belongs to.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The bytes of a line without its line break.
    #[cfg(any(feature = "cli", test))]
    pub(super) fn content(&self, line: usize) -> Range<usize> {
        let len = self.text.len();
        let start = self.starts.get(line).copied().unwrap_or(len);
        let end = self.starts.get(line.saturating_add(1)).copied().unwrap_or(len);
        let text = self.slice(start..end);
        let text = text.strip_suffix('\n').map_or(text, |t| t.strip_suffix('\r').unwrap_or(t));
        start..start.saturating_add(text.len())
    }

    /// The characters of a range; empty where it is not one of whole characters in the text.
    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or("")
    }

    /// Line and column of an offset, both from 1, columns in characters.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.line_of(offset);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column = self.slice(start..offset).chars().count();
        (line.saturating_add(1), column.saturating_add(1))
    }
}

/// The texts that a listing's labels lie in, with their lines.
pub(super) struct Places<'a> {
    known: BTreeMap<SourceId, (&'a Source, Lines<'a>)>,
}

impl<'a> Places<'a> {
    /// Indexes every text that a label lies in, each once.
    pub(super) fn new(diagnostics: &[Diagnostic], sources: &'a SourceMap) -> Self {
        let mut known = BTreeMap::new();
        for label in diagnostics.iter().flat_map(|d| &d.labels) {
            let id = label.span.source;
            if let Some(source) = sources.get(id) {
                known.entry(id).or_insert_with(|| (source, Lines::new(&source.text)));
            }
        }
        Self { known }
    }

    /// The name and the lines of a text; none for a text that the map does not have.
    pub(super) fn get(&self, id: SourceId) -> Option<(&'a str, &Lines<'a>)> {
        self.known.get(&id).map(|(source, lines)| (&*source.name, lines))
    }

    /// The file, line and column of the first of the labels whose text is known.
    pub(super) fn first(&self, labels: &[Label]) -> Option<(&'a str, usize, usize)> {
        labels.iter().find_map(|label| {
            let (name, lines) = self.get(label.span.source)?;
            let (line, column) = lines.position(lines.clamp(&label.span.range()).start);
            Some((name, line, column))
        })
    }
}

/// The table, the row's key and the field of a place in the data, as far as they are known.
pub(super) fn row_and_field(subject: &Subject, between: &str) -> String {
    let given = |part: &Option<String>| part.as_deref().map(escape::one_line).filter(|p| !p.is_empty());
    let row: Vec<String> = [given(&subject.table), given(&subject.key)].into_iter().flatten().collect();
    let row = Some(row.join(" ")).filter(|row| !row.is_empty());
    let parts: Vec<String> = [row, given(&subject.field)].into_iter().flatten().collect();
    parts.join(between)
}

/// A place in the data in words: `participants.csv, line 12, participants E1042, pay`.
#[cfg(feature = "cli")]
pub(super) fn in_words(subject: &Subject) -> String {
    let file = subject.file.as_deref().map(escape::one_line);
    let line = subject.line.map(|line| format!("line {line}"));
    let line = line.or_else(|| subject.at.as_deref().map(escape::one_line));
    let row = Some(row_and_field(subject, ", "));
    let parts: Vec<String> = [file, line, row].into_iter().flatten().filter(|p| !p.is_empty()).collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_before_their_break_and_columns_count_characters() {
        let lines = Lines::new("é = 1\r\n\nb");
        assert_eq!((0..4).map(|i| lines.slice(lines.content(i))).collect::<Vec<_>>(), ["é = 1", "", "b", ""]);
        assert_eq!(lines.position(0), (1, 1));
        assert_eq!(lines.position(2), (1, 2));
        assert_eq!(lines.position(8), (2, 1));
        assert_eq!(lines.position(10), (3, 2));
    }

    #[test]
    fn a_range_is_moved_into_the_text_and_to_whole_characters() {
        let lines = Lines::new("aé日");
        assert_eq!(lines.clamp(&(2..4)), 1..6);
        assert_eq!(lines.clamp(&(9..12)), 6..6);
        assert_eq!(lines.clamp(&(0..900)), 0..6);
        assert_eq!(Lines::new("\u{feff}a").position(3), (1, 1));
        assert_eq!(Lines::new("").clamp(&(3..4)), 0..0);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn a_place_in_the_data_names_what_is_known() {
        let text = |s: &str| Some(s.to_owned());
        let mut subject = Subject {
            file: text("participants.csv"),
            line: Some(12),
            at: None,
            table: text("participants"),
            key: text("E1042"),
            field: text("pay"),
            rows: Vec::new(),
        };
        assert_eq!(in_words(&subject), "participants.csv, line 12, participants E1042, pay");
        subject.file = None;
        subject.line = None;
        subject.key = text("");
        assert_eq!(in_words(&subject), "participants, pay");
        assert_eq!(in_words(&Subject::default()), "");
    }
}
