//! What of a file can be read although its TOML is faulty: the lines with a fault are left out one
//! after another until the rest is sound, so that a fault is told from what only follows from it.

use super::found::File;
use super::toml_errors::{is_entry, is_header};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::de::DeTable;

/// The most bytes that are parsed again to find out what remains of one file.
const MOST_PARSED: usize = 32 << 20;

/// A file without the lines that have faults.
pub(super) struct Mended {
    /// The text, lines with a fault blank, so that every place stays the same.
    pub text: String,
    /// Each fault, with the parser's words for it.
    pub faults: Vec<(Range<usize>, String)>,
    /// The lines left out, counted from 1.
    pub lost: BTreeSet<u32>,
    /// Whether all that remains is sound.
    pub whole: bool,
}

impl Mended {
    /// Where there was nothing to mend, and no other text.
    pub(super) fn sound() -> Self {
        Self { text: String::new(), faults: Vec::new(), lost: BTreeSet::new(), whole: true }
    }
}

/// Leaves out what the TOML of a file lets nobody read; at most `most` faults are told apart.
pub(super) fn mend(file: &File, most: usize) -> Mended {
    let mut mended =
        Mended { text: file.text.to_string(), faults: Vec::new(), lost: BTreeSet::new(), whole: false };
    let mut parsed = 0_usize;
    let mut next = first_fault(&mended.text);
    while let Some((place, message)) = next {
        let line = file.line(place.start);
        mended.faults.push((place.clone(), message));
        if mended.faults.len() >= most || parsed > MOST_PARSED {
            return given_up(file, mended, place.start);
        }
        let mut best: Option<(usize, Range<u32>, String, Option<(Range<usize>, String)>)> = None;
        for lines in candidates(file, &mended.text, line) {
            parsed = parsed.saturating_add(mended.text.len());
            let text = without(file, &mended.text, &lines);
            let after = first_fault(&text);
            let reach = after.as_ref().map_or(usize::MAX, |(place, _)| place.start);
            if best.as_ref().is_none_or(|(farthest, ..)| reach > *farthest) {
                best = Some((reach, lines, text, after));
            }
            if reach == usize::MAX {
                break;
            }
        }
        let Some((_, lines, text, after)) = best.filter(|(reach, ..)| *reach > place.start) else {
            return given_up(file, mended, place.start);
        };
        let says_something = |line: &u32| {
            let text = file.line_text(*line).trim();
            !text.is_empty() && !text.starts_with('#')
        };
        mended.lost.extend(lines.filter(says_something));
        mended.text = text;
        next = after;
    }
    mended.whole = true;
    mended
}

/// With the faults beyond a place that cannot be told from what follows from others, one for each line.
fn given_up(file: &File, mut mended: Mended, beyond: usize) -> Mended {
    let (_, errors) = DeTable::parse_recoverable(&mended.text);
    let end = mended.text.len();
    let places = errors.iter().map(|e| (e.span().unwrap_or(end..end), e.message().to_owned()));
    let mut rest: Vec<(Range<usize>, String)> = places.filter(|(place, _)| place.start > beyond).collect();
    rest.sort_by_key(|(place, _)| place.start);
    let mut last = file.line(beyond);
    for (place, message) in rest {
        let line = file.line(place.start);
        if line != last {
            mended.faults.push((place, message));
            last = line;
        }
    }
    mended
}

/// The first fault of a text, in the order of the text.
fn first_fault(text: &str) -> Option<(Range<usize>, String)> {
    let (_, errors) = DeTable::parse_recoverable(text);
    let places = errors.iter().map(|e| (e.span().unwrap_or(text.len()..text.len()), e.message()));
    let first = places.min_by_key(|(place, _)| place.start);
    first.map(|(place, message)| (place, message.to_owned()))
}

/// The text with some lines blank.
fn without(file: &File, text: &str, lines: &Range<u32>) -> String {
    let (start, end) = (file.start_of(lines.start), file.start_of(lines.end));
    let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
    let (blank, after) = rest.split_at_checked(end.saturating_sub(start)).unwrap_or((rest, ""));
    let blank = blank.bytes().map(|b| if matches!(b, b'\n' | b'\r') { char::from(b) } else { ' ' });
    before.chars().chain(blank).chain(after.chars()).collect()
}

/// The lines that a fault on this line may be due to, the likelier ones first where they do as well.
fn candidates(file: &File, text: &str, line: u32) -> Vec<Range<u32>> {
    let count = file.line_count().saturating_add(1);
    let kept = |line: u32| text.get(file.start_of(line)..file.start_of(line.saturating_add(1))).unwrap_or("");
    let header_after =
        |line: u32| (line.saturating_add(1)..count).find(|l| is_header(kept(*l))).unwrap_or(count);
    let own_end = if kept(line).starts_with('[') { header_after(line) } else { line.saturating_add(1) };
    // A text that breaks off goes on below, up to the next line that begins an entry.
    let goes_on = (line.saturating_add(1)..count)
        .find(|l| is_entry(kept(*l)) || kept(*l).trim().is_empty())
        .unwrap_or(count);
    let mut found = vec![line..own_end, line..goes_on.max(own_end)];
    if let Some(entry) = (1..line).rev().find(|l| is_entry(kept(*l))).filter(|l| !is_header(kept(*l))) {
        found.extend([entry..line, entry..line.saturating_add(1), entry..goes_on.max(own_end)]);
    }
    // A text of several lines that is not closed runs up to the next one's opening quotes.
    let before = text.get(..file.start_of(line.saturating_add(1))).unwrap_or("");
    let openings = before.rmatch_indices("\"\"\"").chain(before.rmatch_indices("'''"));
    let mut openings: Vec<usize> = openings.map(|(at, _)| at).take(4).collect();
    openings.sort_unstable();
    for at in openings.iter().rev().take(3) {
        let opening = file.line(*at);
        found.push(opening..header_after(opening));
    }
    // Likeliest of all, where a section's header seems to stand inside of such a text.
    if let [.., first, second] = openings.as_slice()
        && let opening = file.line(*first)
        && header_after(opening) < file.line(*second)
    {
        found.insert(0, opening..header_after(opening));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn lost(text: &str) -> (Vec<u32>, usize) {
        let mended = mend(&File::new(SourceId(0), "plan.toml".into(), text.into()), 100);
        assert!(mended.whole && mended.text.len() == text.len(), "{text}");
        (mended.lost.into_iter().collect(), mended.faults.len())
    }

    #[test]
    fn a_fault_costs_the_lines_it_stands_on() {
        assert_eq!(lost("[a]\nb = 1\n"), (vec![], 0));
        assert_eq!(lost("[a]\nb = x\nc = 2\nd = y\n"), (vec![2, 4], 2));
        assert_eq!(lost("[a\nb = 1\n\n[c]\nd = 2\n"), (vec![1, 2], 1));
        assert_eq!(lost("[a]\nb = 1\n[a]\nc = 2\n[d]\ne = 3\n"), (vec![3, 4], 1));
        assert_eq!(lost("[a]\nb = \"x\n y\"\nc = 2\n"), (vec![2, 3], 1));
        assert_eq!(lost("[a]\nb = [\nc = 2\n[d]\ne = 3\n"), (vec![2], 1));
        assert_eq!(lost("[a]\nb = [\n  { c = 1 }\n[d]\ne = 3\n"), (vec![2, 3], 1));
        assert_eq!(lost("[a]\nb = \"\"\"\nx = 1;\ny\n\n[d]\ne = 3\n"), (vec![2, 3, 4], 1));
        assert_eq!(lost("[a]\nb = \"\"\"\nx\n\n[d]\ne = \"\"\"\ny\n\"\"\"\nf = 1\n"), (vec![2, 3], 1));
    }

    #[test]
    fn many_faults_are_bounded() {
        let text = "a = x\n".repeat(3_000);
        let mended = mend(&File::new(SourceId(0), "plan.toml".into(), text.as_str().into()), 50);
        assert!(!mended.whole && mended.faults.len() >= 50);
    }
}
