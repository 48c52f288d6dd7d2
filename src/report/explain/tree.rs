//! The tree on a terminal.

use super::entry::{Entry, Ink, Line};
use crate::report::Style;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, wrap};

/// The fewest columns that text is laid out for, however deep the tree.
const LEAST: usize = 24;

/// The lines that the tree is drawn with.
struct Strokes {
    /// Before an entry that others follow, and before the last.
    fork: [&'static str; 2],
    /// Below them.
    stem: [&'static str; 2],
}

/// Deep in the tree, where every column counts.
const UNICODE_NARROW: Strokes = Strokes { fork: ["├ ", "└ "], stem: ["│ ", "  "] };
const ASCII_NARROW: Strokes = Strokes { fork: ["| ", "` "], stem: ["| ", "  "] };
const UNICODE: Strokes = Strokes { fork: ["├─ ", "└─ "], stem: ["│  ", "   "] };
const ASCII: Strokes = Strokes { fork: ["|- ", "`- "], stem: ["|  ", "   "] };

struct Drawing {
    style: Style,
    /// The usual ones, and those for deep in the tree.
    strokes: [&'static Strokes; 2],
    out: String,
}

/// Draws the tree, and below it the legend.
pub fn draw(root: &Entry, legend: &[(String, String)], style: Style) -> String {
    let strokes = if style.unicode { [&UNICODE, &UNICODE_NARROW] } else { [&ASCII, &ASCII_NARROW] };
    let mut drawing = Drawing { style, strokes, out: String::new() };
    drawing.entry(root, "", "");
    if !legend.is_empty() {
        drawing.out.push('\n');
    }
    for (name, text) in legend {
        let line = Line::default().with(Ink::Quiet, format!("{name}: {text}"));
        drawing.line(&line, "", "");
    }
    drawing.out
}

impl Drawing {
    /// `first` stands before the entry's first line, `below` before all others.
    fn entry(&mut self, entry: &Entry, first: &str, below: &str) {
        let [usual, narrow] = self.strokes;
        let deep = textwrap::core::display_width(below) > self.style.width / 5;
        let strokes = if deep { narrow } else { usual };
        let stem = usize::from(entry.parts.is_empty());
        let inside = format!("{below}{}", strokes.stem.get(stem).copied().unwrap_or_default());
        self.line(&entry.head, first, &format!("{inside}  "));
        for note in entry.notes.iter().chain(&entry.reasons) {
            self.line(note, &inside, &format!("{inside}  "));
        }
        let last = entry.parts.len().saturating_sub(1);
        for (index, part) in entry.parts.iter().enumerate() {
            let which = usize::from(index == last);
            let pick = |of: [&'static str; 2]| of.get(which).copied().unwrap_or_default();
            let fork = format!("{below}{}", pick(strokes.fork));
            let stem = format!("{below}{}", pick(strokes.stem));
            self.entry(part, &fork, &stem);
        }
    }

    /// Wraps a line; `first` stands before it, `next` before what does not fit.
    fn line(&mut self, line: &Line, first: &str, next: &str) {
        let room =
            |prefix: &str| self.style.width.saturating_sub(textwrap::core::display_width(prefix)).max(LEAST);
        let (room_first, room_next) = (room(first), room(next));
        let text: String = line.0.iter().map(|p| paint(&p.text, p.ink, self.style.colour)).collect();
        // Both prefixes are drawn apart from the text: textwrap reserves their room, and no more.
        let width = room_first.max(room_next);
        let fill = |room: usize| " ".repeat(width.saturating_sub(room));
        let (fill_first, fill_next) = (fill(room_first), fill(room_next));
        let options = Options::new(width)
            .initial_indent(&fill_first)
            .subsequent_indent(&fill_next)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        for (index, wrapped) in wrap(&text, options).into_iter().enumerate() {
            let (prefix, fill) = if index == 0 { (first, &fill_first) } else { (next, &fill_next) };
            let wrapped = wrapped.strip_prefix(fill.as_str()).unwrap_or(&wrapped).to_owned();
            self.out.push_str(&paint(prefix.trim_end(), Ink::Quiet, self.style.colour));
            self.out.extend(std::iter::repeat_n(' ', prefix.len().saturating_sub(prefix.trim_end().len())));
            self.out.push_str(wrapped.trim_end());
            // A prefix alone ends without spaces too.
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push('\n');
        }
    }
}

/// Colours each word by itself, so that a line can be broken between any two.
fn paint(text: &str, ink: Ink, colour: bool) -> String {
    let code = match ink {
        Ink::Plain => "",
        Ink::Name => "1",
        Ink::Value => "36",
        Ink::Formula => "3",
        Ink::Quiet => "2",
        Ink::Yes => "32",
        Ink::No => "33",
        Ink::Fault => "31",
    };
    if !colour || code.is_empty() {
        return text.to_owned();
    }
    let words = text
        .split(' ')
        .map(|w| if w.is_empty() { String::new() } else { format!("\u{1b}[{code}m{w}\u{1b}[0m") });
    words.collect::<Vec<_>>().join(" ")
}
