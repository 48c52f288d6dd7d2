//! A fault of a formula while its places are still offsets into the formula's own text.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::TextMap;
use std::ops::Range;

/// What is being read: the two languages share their words, marks and literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Formula,
    Type,
}

impl Language {
    /// What users call the text.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Formula => "formula",
            Self::Type => "type",
        }
    }

    /// The code of a text that cannot be read.
    pub(super) const fn code(self) -> Code {
        match self {
            Self::Formula => Code::FormulaSyntax,
            Self::Type => Code::TypeSyntax,
        }
    }
}

/// One fault, before it is known where in a file its text stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    code: Code,
    message: String,
    /// The places, in bytes of the text, the first the one to look at.
    labels: Vec<(Range<usize>, String)>,
    help: Option<String>,
    /// What mends it in place of the first label's characters.
    fix: Option<&'static str>,
}

impl Fault {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), labels: Vec::new(), help: None, fix: None }
    }

    pub(super) fn label(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push((range, text.into()));
        self
    }

    /// Says what to write in place of the first label's characters, where nobody has to think about it.
    pub(super) fn fix(mut self, text: Option<&'static str>) -> Self {
        self.fix = text;
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub(super) fn help_maybe(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }

    /// The fault as a diagnostic about the file.
    pub(super) fn at(self, map: &TextMap) -> Box<Diagnostic> {
        let diagnostic = Diagnostic::error(self.code, self.message).help_maybe(self.help);
        let fix = self.fix.zip(self.labels.first().map(|(range, _)| map.span(range.clone())));
        let diagnostic = match fix {
            Some((text, span)) => diagnostic.fix(span, text),
            None => diagnostic,
        };
        Box::new(self.labels.into_iter().fold(diagnostic, |d, (range, text)| {
            // Only a text without any characters has nothing to underline but its quotes.
            let span = if range.is_empty() { map.quoted() } else { map.span(range) };
            d.label(span, text)
        }))
    }
}
