//! One line of a file as it is shown under a diagnostic: tabs as spaces, unsafe characters written
//! out, and cut around its labels where it is longer than the terminal is wide.

use super::escape;
use super::place::Lines;
use std::ops::Range;
use textwrap::core::display_width;

/// Columns from one tab stop to the next.
const TAB: usize = 4;

/// One line as it is shown, cut to its columns where it is longer.
pub(super) struct DrawnLine<'a> {
    /// The line as it is shown.
    pub(super) text: String,
    /// The bytes of the file that it comes from, and their characters.
    content: Range<usize>,
    source: &'a str,
    /// The bytes of the whole shown line that were kept, and what was put before them.
    kept: Range<usize>,
    before: usize,
}

impl<'a> DrawnLine<'a> {
    /// Draws a line so that these ranges of the file, which lie within it, are among the `columns`
    /// that are kept; `cut` stands where something was left out.
    pub(super) fn new<'r>(
        lines: &Lines<'a>,
        line: usize,
        labels: impl Iterator<Item = &'r Range<usize>>,
        columns: usize,
        cut: &'static str,
    ) -> Self {
        let content = lines.content(line);
        let source = lines.slice(content.clone());
        let whole = shown(source);
        let mut drawn = Self { text: String::new(), content, source, kept: 0..whole.len(), before: 0 };
        if display_width(&whole) <= columns {
            drawn.text = whole;
            return drawn;
        }
        let wanted = labels.map(|range| drawn.whole_range(range)).reduce(|a, b| {
            let (start, end) = (a.start.min(b.start), a.end.max(b.end));
            start..end
        });
        let budget = columns.saturating_sub(display_width(cut).saturating_mul(2));
        drawn.kept = kept(&whole, &wanted.unwrap_or(0..0), budget);
        if drawn.kept.start > 0 {
            drawn.text.push_str(cut);
            drawn.before = cut.len();
        }
        drawn.text.push_str(whole.get(drawn.kept.clone()).unwrap_or(""));
        if drawn.kept.end < whole.len() {
            drawn.text.push_str(cut);
        }
        drawn
    }

    /// Where a range of the file stands in the whole shown line.
    fn whole_range(&self, range: &Range<usize>) -> Range<usize> {
        // The shown form of a line's beginning is the beginning of its shown form.
        let to = |offset: usize| {
            let length = offset.saturating_sub(self.content.start);
            shown(self.source.get(..length).unwrap_or(self.source)).len()
        };
        to(range.start)..to(range.end)
    }

    /// Where a range of the file stands in the line as drawn.
    pub(super) fn range(&self, range: &Range<usize>) -> Range<usize> {
        let whole = self.whole_range(range);
        let to = |offset: usize| {
            let kept = offset.clamp(self.kept.start, self.kept.end);
            kept.saturating_sub(self.kept.start).saturating_add(self.before)
        };
        to(whole.start)..to(whole.end)
    }

    /// The column, from 0, at which the text of a label under this range begins.
    pub(super) fn column(&self, range: &Range<usize>) -> usize {
        let width = |end: usize| display_width(self.text.get(..end).unwrap_or(&self.text));
        let middle = width(range.start).saturating_add(width(range.end)) / 2;
        middle.saturating_add("╰── ".chars().count())
    }
}

/// The bytes of a shown line that fit in `budget` columns, so that the wanted ones are among them,
/// or at least their beginning.
fn kept(whole: &str, wanted: &Range<usize>, budget: usize) -> Range<usize> {
    let width = |range: Range<usize>| display_width(whole.get(range).unwrap_or(""));
    let mut start = 0;
    // One column more, for a label of no characters at the end.
    if width(0..wanted.end).saturating_add(1) > budget {
        let spare = budget.saturating_sub(width(wanted.clone())) / 2;
        start = wanted.start;
        let mut used = 0_usize;
        for (offset, c) in whole.get(..wanted.start).unwrap_or("").char_indices().rev() {
            used = used.saturating_add(width_of(c));
            if used > spare {
                break;
            }
            start = offset;
        }
    }
    let rest = whole.get(start..).unwrap_or("");
    let mut used = 0_usize;
    for (offset, c) in rest.char_indices() {
        used = used.saturating_add(width_of(c));
        if used > budget {
            return start..start.saturating_add(offset);
        }
    }
    start..whole.len()
}

/// The columns that a character takes.
fn width_of(c: char) -> usize {
    if c.is_ascii() { 1 } else { display_width(c.encode_utf8(&mut [0; 4])) }
}

/// A line of a file as it is shown: tabs as spaces, unsafe characters written out.
pub(super) fn shown(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0_usize;
    for c in line.chars() {
        let before = out.len();
        if c == '\t' {
            let stop = TAB.saturating_sub(column.checked_rem(TAB).unwrap_or(0));
            out.extend(std::iter::repeat_n(' ', stop));
        } else {
            escape::push(&mut out, c);
        }
        let added = out.get(before..).unwrap_or("");
        column = column.saturating_add(added.chars().map(width_of).fold(0, usize::saturating_add));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_reach_the_next_stop_after_wide_and_written_out_characters() {
        assert_eq!(shown("\ta\tb"), "    a   b");
        assert_eq!(shown("価\tb"), "価  b");
        assert_eq!(shown("\u{7}\tb"), "\\u{7}   b");
    }

    #[test]
    fn what_is_kept_of_a_line_holds_what_is_wanted() {
        let line = "0123456789".repeat(3);
        assert_eq!(kept(&line, &(0..0), 10), 0..10);
        assert_eq!(kept(&line, &(4..9), 10), 0..10);
        assert_eq!(kept(&line, &(14..18), 10), 11..21);
        assert_eq!(kept(&line, &(30..30), 10), 25..30);
        assert_eq!(kept(&line, &(2..29), 10), 2..12);
        assert_eq!(kept("日本日本", &(6..9), 5), 6..12);
    }
}
