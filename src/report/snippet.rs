//! The lines shown under a diagnostic. Labels are sorted into windows of lines, and the windows,
//! made safe for a terminal, become one text that `miette` draws: it draws each line that it is
//! given exactly, but knows neither several files, nor labels that overlap, nor long lines.

use super::drawn_line::{DrawnLine, shown};
use super::escape;
use super::place::{Lines, Places};
use crate::diagnostic::Label;
use crate::source::SourceId;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;
use textwrap::core::display_width;

/// Lines shown before and after the lines that labels lie in.
const CONTEXT: usize = 1;
/// Lines of one label that are shown; of a longer one the first is, with a word on where it ends.
const MOST_LINES: usize = 8;
/// The least columns for the characters of a line and for the text of a label.
const LEAST_COLUMNS: usize = 24;

/// How wide lines may be, and what marks where one was cut.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Columns of the terminal.
    pub(super) width: usize,
    /// Written where a line was cut.
    pub(super) cut: &'static str,
}

impl Room {
    /// The columns left for a line's characters beside line numbers up to `last`.
    fn columns(self, last: usize) -> usize {
        let gutter = last.to_string().len().saturating_add(5);
        self.width.saturating_sub(gutter).max(LEAST_COLUMNS)
    }
}

/// Every window of one diagnostic in one text, as `miette` reads it.
#[derive(Debug, Default)]
pub(super) struct Snippets {
    text: String,
    windows: Vec<Window>,
    marks: Vec<Mark>,
}

/// Some lines of one file, each with a line break after it.
#[derive(Debug)]
struct Window {
    name: String,
    /// The window's bytes of [`Snippets::text`].
    range: Range<usize>,
    /// Its first line in the file, from 0, and how many lines it has.
    first: usize,
    count: usize,
}

/// An underlined stretch within one line.
#[derive(Debug)]
pub(super) struct Mark {
    /// Its bytes of [`Snippets::text`].
    pub(super) range: Range<usize>,
    /// What is said under it.
    pub(super) text: Option<String>,
    /// Whether it belongs to the diagnostic's first label.
    pub(super) primary: bool,
    /// Whether its place stands at the head of its window.
    pub(super) heads: bool,
    /// Its line and column in the file, from 0.
    place: (usize, usize),
}

/// A label, cut into the stretches of the lines that it covers.
struct Resolved {
    /// Its rank among the diagnostic's labels; 0 is the place to look at.
    rank: usize,
    parts: Vec<Part>,
}

/// What a label covers of one line.
struct Part {
    line: usize,
    /// Bytes of the file, within the line's content.
    range: Range<usize>,
    text: Option<String>,
}

impl Resolved {
    fn first_line(&self) -> usize {
        self.parts.first().map_or(0, |p| p.line)
    }

    fn last_line(&self) -> usize {
        self.parts.last().map_or(0, |p| p.line)
    }
}

impl Snippets {
    /// The windows for these labels; a label in an unknown text is left out.
    pub(super) fn new(labels: &[Label], places: &Places, room: Room) -> Self {
        let mut windows: Vec<(usize, SourceId, Vec<Resolved>)> = Vec::new();
        for (source, resolved) in resolve(labels, places) {
            let Some((_, lines)) = places.get(source) else { continue };
            for cluster in clusters(resolved) {
                for layer in layers(cluster, lines, room) {
                    let rank = layer.iter().map(|r| r.rank).min().unwrap_or(0);
                    windows.push((rank, source, layer));
                }
            }
        }
        windows.sort_by_key(|(rank, _, _)| *rank);
        let mut snippets = Self::default();
        for (rank, source, layer) in windows {
            if let Some((name, lines)) = places.get(source) {
                snippets.draw(name, lines, &layer, rank, room);
            }
        }
        snippets.marks.sort_by_key(|mark| (mark.range.start, mark.range.end));
        snippets
    }

    /// Every underlined stretch, in the order of the text.
    pub(super) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Appends a window with the lines of these labels and the lines around them.
    fn draw(&mut self, name: &str, lines: &Lines, layer: &[Resolved], head: usize, room: Room) {
        let parts = || layer.iter().flat_map(|r| r.parts.iter().map(move |p| (r.rank, p)));
        let top = parts().map(|(_, p)| p.line).min().unwrap_or(0);
        let bottom = parts().map(|(_, p)| p.line).max().unwrap_or(0);
        let first = top.saturating_sub(CONTEXT);
        let mut last = bottom.saturating_add(CONTEXT).min(lines.count().saturating_sub(1));
        // The nothing after the last line break is a line only where a label points at it.
        if last > bottom && last.saturating_add(1) == lines.count() && lines.content(last).is_empty() {
            last = last.saturating_sub(1);
        }
        let columns = room.columns(last.saturating_add(1));
        let begin = self.text.len();
        let mut headed = false;
        for line in first..=last {
            let here: Vec<(usize, &Part)> = parts().filter(|(_, p)| p.line == line).collect();
            let drawn = DrawnLine::new(lines, line, here.iter().map(|(_, p)| &p.range), columns, room.cut);
            let offset = self.text.len();
            for (rank, part) in here {
                let range = drawn.range(&part.range);
                let column = drawn.column(&range);
                let (_, from_one) = lines.position(part.range.start);
                self.marks.push(Mark {
                    range: range.start.saturating_add(offset)..range.end.saturating_add(offset),
                    text: part.text.as_deref().map(|text| wrapped(text, columns.saturating_sub(column))),
                    primary: rank == 0,
                    heads: rank == head && !headed,
                    place: (line, from_one.saturating_sub(1)),
                });
                headed |= rank == head;
            }
            self.text.push_str(&drawn.text);
            self.text.push('\n');
        }
        self.windows.push(Window {
            name: escape::one_line(name),
            range: begin..self.text.len(),
            first,
            count: last.saturating_sub(first).saturating_add(1),
        });
    }
}

impl SourceCode for Snippets {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset().saturating_add(span.len());
        // A span over two windows is refused, so that `miette` never joins them.
        let window = self
            .windows
            .iter()
            .find(|w| w.range.contains(&span.offset()) && end <= w.range.end)
            .ok_or(MietteError::OutOfBounds)?;
        // Without context, `miette` asks for the place that stands at the window's head.
        let head = self.marks.iter().find(|m| m.range.start == span.offset() && m.range.end == end);
        let (range, line, column) = match head {
            Some(mark) if lines_before == 0 && lines_after == 0 => {
                (mark.range.clone(), mark.place.0, mark.place.1)
            }
            _ => (window.range.clone(), window.first, 0),
        };
        let data = self.text.as_bytes().get(range.clone()).ok_or(MietteError::OutOfBounds)?;
        let name = window.name.clone();
        let span = SourceSpan::from((range.start, range.len()));
        Ok(Box::new(MietteSpanContents::new_named(name, data, span, line, column, window.count)))
    }
}

/// The labels by file, the file of the first label first; labels under the very same characters
/// become one with several lines of text.
fn resolve(labels: &[Label], places: &Places) -> Vec<(SourceId, Vec<Resolved>)> {
    let mut distinct: Vec<(SourceId, Range<usize>, String)> = Vec::new();
    for label in labels {
        let source = label.span.source;
        let Some((_, lines)) = places.get(source) else { continue };
        let range = lines.clamp(&label.span.range());
        let text = escape::lines(&label.text);
        match distinct.iter_mut().find(|(s, r, _)| *s == source && *r == range) {
            Some((_, _, before)) if before.is_empty() => *before = text,
            Some((_, _, before)) if !text.is_empty() && before.lines().all(|said| said != text) => {
                before.push('\n');
                before.push_str(&text);
            }
            Some(_) => {}
            None => distinct.push((source, range, text)),
        }
    }
    let mut files: Vec<(SourceId, Vec<Resolved>)> = Vec::new();
    for (rank, (source, range, text)) in distinct.into_iter().enumerate() {
        let Some((_, lines)) = places.get(source) else { continue };
        let resolved = Resolved { rank, parts: parts(&range, text, lines) };
        match files.iter_mut().find(|(s, _)| *s == source) {
            Some((_, list)) => list.push(resolved),
            None => files.push((source, vec![resolved])),
        }
    }
    files
}

/// Cuts a label at its line breaks. White space at the ends of the stretches is not underlined,
/// and the text stands under the last of them.
fn parts(range: &Range<usize>, mut text: String, lines: &Lines) -> Vec<Part> {
    let first = lines.line_of(range.start);
    let last_offset = range.end.saturating_sub(1).max(range.start);
    let last = lines.line_of(last_offset);
    let stretch = |line: usize| {
        let content = lines.content(line);
        let start = range.start.clamp(content.start, content.end);
        start..range.end.clamp(start, content.end)
    };
    if first == last {
        return vec![Part { line: first, range: stretch(first), text: Some(text).filter(|t| !t.is_empty()) }];
    }
    let shown = if last.saturating_sub(first) < MOST_LINES {
        last
    } else {
        let to = last.saturating_add(1);
        text = if text.is_empty() {
            format!("down to line {to}")
        } else {
            format!("{text} (down to line {to})")
        };
        first
    };
    let trimmed = |line: usize| {
        let whole = stretch(line);
        let characters = lines.slice(whole.clone());
        let end = whole.start.saturating_add(characters.trim_ascii_end().len());
        let before = characters.len().saturating_sub(characters.trim_ascii_start().len());
        let start = if line == first { whole.start } else { whole.start.saturating_add(before) };
        start.min(end)..end
    };
    let mut parts: Vec<Part> = (first..=shown)
        .map(|line| Part { line, range: trimmed(line), text: None })
        .filter(|part| !part.range.is_empty())
        .collect();
    if parts.is_empty() {
        // Nothing but white space: its start is all there is to point at.
        let start = stretch(first).start;
        parts.push(Part { line: first, range: start..start, text: None });
    }
    if let Some(part) = parts.last_mut() {
        part.text = Some(text).filter(|t| !t.is_empty());
    }
    parts
}

/// Groups the labels of one file whose lines, with their context, touch.
fn clusters(mut labels: Vec<Resolved>) -> Vec<Vec<Resolved>> {
    labels.sort_by_key(|r| (r.first_line(), r.rank));
    let mut clusters: Vec<(usize, Vec<Resolved>)> = Vec::new();
    for label in labels {
        let reach = label.last_line().saturating_add(CONTEXT);
        let from = label.first_line().saturating_sub(CONTEXT);
        match clusters.last_mut() {
            Some((end, cluster)) if from <= end.saturating_add(1) => {
                *end = reach.max(*end);
                cluster.push(label);
            }
            _ => clusters.push((reach, vec![label])),
        }
    }
    clusters.into_iter().map(|(_, cluster)| cluster).collect()
}

/// Spreads the labels of a cluster over as many windows as it takes for none to overlap.
fn layers(mut cluster: Vec<Resolved>, lines: &Lines, room: Room) -> Vec<Vec<Resolved>> {
    cluster.sort_by_key(|r| r.rank);
    let last = cluster.iter().map(Resolved::last_line).max().unwrap_or(0);
    let columns = room.columns(last.saturating_add(2));
    let mut layers: Vec<Vec<Resolved>> = Vec::new();
    for label in cluster {
        match layers.iter_mut().find(|layer| fits(layer, &label, lines, columns)) {
            Some(layer) => layer.push(label),
            None => layers.push(vec![label]),
        }
    }
    layers
}

/// Whether a label can be drawn on the same lines as the others, each underlined in full.
fn fits(layer: &[Resolved], label: &Resolved, lines: &Lines, columns: usize) -> bool {
    label.parts.iter().all(|part| {
        let others = || layer.iter().flat_map(|r| &r.parts).filter(|p| p.line == part.line);
        let apart = others().all(|other| {
            let (left, right) =
                if other.range.start <= part.range.start { (other, part) } else { (part, other) };
            // A label of no characters is drawn as one. A stretch without text must not stand left
            // of one with text, which would draw a line down from it.
            let end = left.range.end.max(left.range.start.saturating_add(1));
            end <= right.range.start && (left.text.is_some() || right.text.is_none())
        });
        let start = others().map(|p| p.range.start).fold(part.range.start, usize::min);
        let end = others().map(|p| p.range.end).fold(part.range.end, usize::max);
        let alone = others().next().is_none();
        let content = lines.content(part.line);
        apart && (alone || near(lines, &content, &(start..end), columns))
    })
}

/// Whether the range is short enough to be shown in a line of so many columns.
fn near(lines: &Lines, content: &Range<usize>, range: &Range<usize>, columns: usize) -> bool {
    // A character takes at least one byte, so a short line needs no measuring.
    let least = LEAST_COLUMNS.min(columns);
    content.len() <= least
        || display_width(&shown(lines.slice(content.clone()))) <= columns
        || display_width(&shown(lines.slice(range.clone()))) <= columns.saturating_sub(least / 2)
}

/// The text of a label on lines of at most so many columns.
fn wrapped(text: &str, columns: usize) -> String {
    let options = textwrap::Options::new(columns.max(LEAST_COLUMNS))
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).join("\n")
}
