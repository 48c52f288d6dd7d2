//! What reading finds besides the document: problems, names taken, and names left out.

use super::document::Written;
use super::quote::quoted;
use super::toml_errors::Lost;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::limits::Limits;
use crate::source::{Name, SourceId, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A name longer than this is not compared with others: the comparison takes time and space in
/// proportion to the product of the lengths.
const LONGEST_COMPARED: usize = 60;
/// After so many problems no more names are suggested: each suggestion looks at every name.
const MOST_SUGGESTED: usize = 100;

/// One text being read.
pub(super) struct File {
    /// Its id in the document's map.
    pub source: SourceId,
    /// Its name.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    /// The first byte of every line but the first.
    lines: Vec<usize>,
    /// The lines that faults of the TOML take away.
    pub lost: Lost,
}

impl File {
    /// A text with its lines counted.
    pub fn new(source: SourceId, name: Arc<str>, text: Arc<str>) -> Self {
        let lines = text.match_indices('\n').map(|(at, _)| at.saturating_add(1)).collect();
        Self { source, name, text, lines, lost: Lost::default() }
    }

    /// The line of a byte, from 1.
    pub fn line(&self, at: usize) -> u32 {
        let before = self.lines.partition_point(|start| *start <= at);
        u32::try_from(before.saturating_add(1)).unwrap_or(u32::MAX)
    }

    /// The first byte of a line, counted from 1; the end of the text for lines beyond it.
    pub fn start_of(&self, line: u32) -> usize {
        match (line as usize).checked_sub(2) {
            None => 0,
            Some(index) => self.lines.get(index).copied().unwrap_or(self.text.len()),
        }
    }

    /// The text of a line, counted from 1.
    pub fn line_text(&self, line: u32) -> &str {
        self.text.get(self.start_of(line)..self.start_of(line.saturating_add(1))).unwrap_or("")
    }

    /// How many lines there are.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.lines.len().saturating_add(1)).unwrap_or(u32::MAX)
    }
}

/// Names that may not repeat among themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    /// Terms, inputs, the plan's rules, functions and calendars: what a formula can name.
    Definitions,
    /// `currencies` and `units` of one file; a part may declare those of its plan again.
    Units(SourceId),
    /// `[types]`.
    Types,
    /// `[assumptions]`.
    Assumptions,
    /// `[outline]`.
    Clauses,
    /// `[fixtures]`.
    Fixtures,
    /// `[[tests]]`.
    Tests,
    /// The fields and rules of one input.
    Fields(Arc<str>),
}

/// What reading finds, across all files of a plan.
#[derive(Default)]
pub(super) struct Found {
    /// Problems, in the order found.
    pub diagnostics: Diagnostics,
    /// Problems beyond the limit.
    uncounted: usize,
    /// Names of definitions left out.
    pub broken: Vec<Name>,
    /// Whether definitions may be missing whose names nobody knows.
    pub incomplete: bool,
    /// Definitions read so far.
    definitions: usize,
    /// Units and currencies that the plan declares.
    pub units: BTreeSet<Arc<str>>,
    /// Words on lines that the TOML lost: what they would have defined is not known.
    pub lost: BTreeSet<Arc<str>>,
    /// Words of what could not be read: what they name may be used there.
    pub mentioned: BTreeSet<Arc<str>>,
    /// Places of definitions in which there is a problem.
    pub unsure: Vec<Span>,
    /// Formulas and types written as text.
    pub written: Vec<Written>,
    /// The names in `broken`.
    left_out: BTreeSet<Arc<str>>,
    taken: BTreeMap<(Space, Arc<str>), (Span, &'static str)>,
}

impl Found {
    /// Notes a problem, or counts it where there are too many already.
    pub fn report(&mut self, diagnostic: Diagnostic, limits: &Limits) {
        if self.diagnostics.len() < limits.faults.max(1) {
            self.diagnostics.push(diagnostic);
        } else {
            self.uncounted = self.uncounted.saturating_add(1);
        }
    }

    /// The problems, in the order of the text, the last one saying how many more there are.
    pub fn into_diagnostics(mut self) -> Diagnostics {
        crate::diagnostic::sort(&mut self.diagnostics);
        if let (Some(last), 1..) = (self.diagnostics.last_mut(), self.uncounted) {
            let more = format!("there are {} more problems: mend these first", self.uncounted);
            last.help = Some(last.help.take().map_or_else(|| more.clone(), |help| format!("{help}; {more}")));
        }
        self.diagnostics
    }

    /// The name most like `found`.
    pub fn near<'a>(&self, found: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        if found.len() > LONGEST_COMPARED || self.diagnostics.len() > MOST_SUGGESTED {
            return None;
        }
        did_you_mean(found, names.into_iter().filter(|n| n.len() <= LONGEST_COMPARED))
    }

    /// Leaves a definition out: its problem is already reported.
    pub fn leave_out(&mut self, name: &Name) {
        self.left_out.insert(Arc::clone(&name.value));
        self.broken.push(name.clone());
    }

    /// Whether nothing is said of a name that is not defined: a definition of it was left out, or
    /// definitions are missing that nobody knows of.
    pub fn excuses(&self, name: &str) -> bool {
        self.incomplete || self.left_out.contains(name) || self.lost.contains(name)
    }

    /// Notes a word of what could not be read.
    pub fn mention(&mut self, word: &str) {
        if !self.mentioned.contains(word) {
            self.mentioned.insert(Arc::from(word));
        }
    }

    /// Counts a definition; false, with one report, where the plan has too many.
    pub fn room(&mut self, name: &Name, limits: &Limits) -> bool {
        self.definitions = self.definitions.saturating_add(1);
        if self.definitions <= limits.definitions {
            return true;
        }
        if self.definitions == limits.definitions.saturating_add(1) {
            let message = format!("the plan has more than {} definitions", limits.definitions);
            self.report(
                Diagnostic::error(Code::PlanTooLarge, message)
                    .label(name.span, "one too many")
                    .help("keep what a plan is told in its data: definitions are terms, inputs, fields, functions and rules"),
                limits,
            );
        }
        self.incomplete = true;
        false
    }

    /// Takes a name; false, with a report that shows both places, where it is taken already.
    pub fn claim(&mut self, space: Space, name: &Name, kind: &'static str, limits: &Limits) -> bool {
        let shared = space == Space::Definitions;
        let key = (space, Arc::clone(&name.value));
        let Some((first, other)) = self.taken.get(&key).copied() else {
            self.taken.insert(key, (name.span, kind));
            return true;
        };
        self.unsure.extend([first, name.span]);
        let shown = quoted(&name.value);
        let (message, help) = if other == kind {
            (format!("two {kind}s are called {shown}"), "rename or remove one of them")
        } else {
            let help = if shared {
                "terms, inputs, rules of the plan, functions and calendars share their names: rename one"
            } else {
                "fields and rules of one table share their names: rename one"
            };
            (format!("{} and {} are both called {shown}", a(other), a(kind)), help)
        };
        self.report(
            Diagnostic::error(Code::DuplicateName, message)
                .label(name.span, format!("the second, {}", a(kind)))
                .label(first, format!("the first, {}", a(other)))
                .help(help),
            limits,
        );
        false
    }
}

/// The names that a text mentions, as far as can be told without reading it.
pub(super) fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// A noun with its article.
pub(super) fn a(noun: &str) -> String {
    if noun.starts_with(['a', 'e', 'i', 'o']) { format!("an {noun}") } else { format!("a {noun}") }
}
