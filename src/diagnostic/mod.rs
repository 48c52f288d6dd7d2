//! A diagnostic is plain data: what was found, where, and what to do. Wording lives in the
//! constructors of the stage that finds the fault; rendering happens at the edge (`report`).

mod codes;
mod suggest;

pub use codes::{CODES, Code, CodeEntry, Level};
pub use suggest::{did_you_mean, meant, ticked};

use crate::source::Span;
use serde::Serialize;

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The plan or the data can't be used.
    Error,
    /// The plan can be used; its author should look.
    Warning,
}

/// Characters of a plan file, with what is said of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The characters underlined.
    pub span: Span,
    /// What was found there, or what was expected.
    pub text: String,
}

/// A change of the plan file that mends a problem and changes nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The characters replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// Where in the data a fault lies; every part that is known is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The file (or the name an embedder gave) that the value came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of that file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Where in a file that has no lines: `row 7`, `sheet participants, cell C7`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The table or record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The key of the row, fields of a composite key joined by ` / `.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The field, or the rule for a fault met while evaluating.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The rows to blame by their places in the table, from 0: more than one where they cannot stand
    /// together.
    #[serde(skip)]
    pub rows: Vec<usize>,
}

/// One problem with a plan file, with data or with an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of problem; its page is `whereas code NAME`.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// One lower-case sentence without a full stop, the user's own text in backticks.
    pub message: String,
    /// Places in the plan, the first the one to look at.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// The place in the data, for a fault of the data or of one row's evaluation.
    pub subject: Option<Subject>,
    /// What mends it without anybody having to think, where there is such a thing.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A problem of kind `code` that makes the plan or the data unusable.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: bounded(message.into()),
            labels: Vec::new(),
            help: None,
            subject: None,
            fix: None,
        }
    }

    /// A problem of kind `code` that the author should look at.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Adds a label under `span`.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: bounded(text.into()) });
        self
    }

    /// Says what mends it: this text in place of those characters.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, text: text.into() });
        self
    }

    /// Sets the help line.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(bounded(text.into()));
        self
    }

    /// Sets the help line where there is one to set.
    #[must_use]
    pub fn help_maybe(mut self, text: Option<String>) -> Self {
        self.help = text.map(bounded).or(self.help);
        self
    }

    /// Says where in the data the fault lies.
    #[must_use]
    pub fn about(mut self, subject: Subject) -> Self {
        self.subject = Some(Subject {
            file: subject.file.map(bounded),
            line: subject.line,
            at: subject.at.map(bounded),
            table: subject.table.map(bounded),
            key: subject.key.map(bounded),
            field: subject.field.map(bounded),
            rows: subject.rows,
        });
        self
    }

    /// The place to look at first.
    #[must_use]
    pub fn primary(&self) -> Option<Span> {
        self.labels.first().map(|l| l.span)
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A text of a diagnostic; the middle of one that nobody would read to its end is left out.
fn bounded(text: String) -> String {
    const BEGIN: usize = 700;
    const END: usize = 200;
    // Bytes first: nearly every text is short, and counting them is free.
    if text.len() <= BEGIN + END {
        return text;
    }
    let begin = text.char_indices().nth(BEGIN).map(|(at, _)| at);
    let end = text.char_indices().rev().nth(END).map(|(at, _)| at);
    match (begin, end) {
        (Some(begin), Some(end)) if begin < end => {
            format!("{} ... {}", text.get(..begin).unwrap_or_default(), text.get(end..).unwrap_or_default())
        }
        _ => text,
    }
}

/// The problems found so far, in the order found.
pub type Diagnostics = Vec<Diagnostic>;

/// Puts diagnostics in the order of the text: plan places first by file and position, then the
/// rest as they were found, without exact repeats.
pub fn sort(diagnostics: &mut Diagnostics) {
    diagnostics.sort_by_key(|d| d.primary().map_or((1, Span::default()), |s| (0, s)));
    diagnostics.dedup();
}
