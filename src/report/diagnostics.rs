//! Diagnostics for people: a title, the lines of the plan with the exact characters underlined, and
//! what to do. This is the one adapter over `miette`.

use super::place::{self, Places};
use super::snippet::{Room, Snippets};
use super::{escape, summary, word};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceMap;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, ThemeCharacters, ThemeStyles};
use std::fmt;

/// The fewest columns that a listing is laid out for.
const LEAST_WIDTH: usize = 40;

/// Codes besides the first that the end of a listing names.
const OTHER_CODES: usize = 3;

/// How text for people is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are sent, as ANSI escapes.
    pub colour: bool,
    /// Whether lines and arrows are drawn in Unicode, or else in ASCII.
    pub unicode: bool,
    /// Columns of a line, at least 40; longer lines are wrapped, and those of a plan file cut.
    pub width: usize,
}

/// A listing of the diagnostics, with their number and where to read more at its end; empty where
/// there are none.
///
/// Each begins with its severity and code. A problem of the plan goes on with its message and the
/// lines it lies in, one of the data with its place and then its message, and both end with what to
/// do. Control characters of messages, names and files are written out.
#[must_use]
pub fn human(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let style = Style { width: style.width.max(LEAST_WIDTH), ..style };
    let places = Places::new(diagnostics, sources);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&one(diagnostic, &places, style));
        out.push('\n');
    }
    out.push_str(&summary(diagnostics));
    out.push('\n');
    out.push_str(&pointer(diagnostics));
    out.push('\n');
    out
}

/// Where to read more: the first error's code, and some of the others in passing.
fn pointer(diagnostics: &[Diagnostic]) -> String {
    let mut codes = Vec::new();
    let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.iter().partition(|d| d.is_error());
    for diagnostic in errors.into_iter().chain(warnings) {
        if !codes.contains(&diagnostic.code) {
            codes.push(diagnostic.code);
        }
    }
    let mut names = codes.iter().map(|code| code.name());
    let first = names.next().unwrap_or("");
    let others: Vec<&str> = names.by_ref().take(OTHER_CODES).collect();
    let others = others.join(", ");
    match (others.is_empty(), names.count()) {
        (true, _) => format!("help: whereas code {first}"),
        (false, 0) => format!("help: whereas code {first} (or {others})"),
        (false, more) => format!("help: whereas code {first} (or {others} and {more} more)"),
    }
}

/// One diagnostic, with a line break at its end.
fn one(diagnostic: &Diagnostic, places: &Places, style: Style) -> String {
    let room = Room { width: style.width, cut: if style.unicode { "…" } else { "..." } };
    let report = Report::new(diagnostic, places, room);
    let mut drawn = String::new();
    if handler(diagnostic, &report, style).render_report(&mut drawn, &report).is_err() {
        // Writing to a `String` cannot fail; should drawing ever do, the message is still said.
        drawn = format!("{}[{}]: {report}\n", word(diagnostic.severity), diagnostic.code);
    }
    let mut out = String::with_capacity(drawn.len());
    // The title stands at the margin, and no line ends with spaces.
    for line in drawn.strip_prefix("  ").unwrap_or(&drawn).lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A handler whose title names the severity and the code, and whose first label has the colour of
/// the severity.
fn handler(diagnostic: &Diagnostic, report: &Report, style: Style) -> GraphicalReportHandler {
    let mut characters = if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let mut styles = if style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let title = format!("{}[{}]:", word(diagnostic.severity), diagnostic.code);
    let first = match diagnostic.severity {
        Severity::Error => styles.error,
        Severity::Warning => styles.warning,
    };
    // One style for each underlined stretch, in the order in which they are drawn.
    styles.highlights =
        report.snippets.marks().iter().map(|mark| if mark.primary { first } else { styles.help }).collect();
    match diagnostic.severity {
        Severity::Error => characters.error = title,
        Severity::Warning => characters.warning = title,
    }
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(style.width)
        .without_syntax_highlighting()
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
}

/// A diagnostic as `miette` takes it.
#[derive(Debug)]
struct Report {
    title: String,
    /// The message, where the title is a place in the data.
    below: Option<Message>,
    help: Option<String>,
    severity: Severity,
    snippets: Snippets,
}

/// The line under the title.
#[derive(Debug)]
struct Message(String);

impl Report {
    fn new(diagnostic: &Diagnostic, places: &Places, room: Room) -> Self {
        let message = escape::lines(&diagnostic.message);
        let place = diagnostic.subject.as_ref().map(place::in_words).filter(|p| !p.is_empty());
        let (title, below) = match place {
            Some(place) => (place, Some(Message(message))),
            None => (message, None),
        };
        Self {
            title,
            below,
            help: diagnostic.help.as_deref().map(escape::lines),
            severity: diagnostic.severity,
            snippets: Snippets::new(&diagnostic.labels, places, room),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Message {}

impl std::error::Error for Report {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.below.as_ref().map(|m| m as &dyn std::error::Error)
    }
}

impl miette::Diagnostic for Report {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.snippets)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let spans = self.snippets.marks().iter().map(|mark| {
            let span = (mark.range.start, mark.range.len());
            if mark.heads {
                LabeledSpan::new_primary_with_span(mark.text.clone(), span)
            } else {
                LabeledSpan::new_with_span(mark.text.clone(), span)
            }
        });
        Some(Box::new(spans))
    }
}

#[cfg(test)]
#[path = "diagnostics_tests.rs"]
mod tests;
