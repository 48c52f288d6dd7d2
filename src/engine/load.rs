//! From a plan's text to a checked plan.

use super::test_data;
use crate::check::check;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Level, Severity, Subject};
use crate::ir::Program;
use crate::limits::Limits;
use crate::lint;
use crate::plan::{Document, Lint, ResolveError, Resolver, Role, read_plan};
use crate::proof;
use crate::source::{SourceMap, Span};

/// What loading a plan found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The checked plan, where it has no error.
    pub program: Option<Program>,
    /// Everything there is to say about it, warnings included, in the order of the text.
    pub diagnostics: Diagnostics,
    /// The texts that the diagnostics point into.
    pub sources: SourceMap,
    /// What was found and is allowed: by the plan's `[lints]`, or unless the plan asks for it.
    pub allowed: Diagnostics,
    /// The levels of lints that the plan sets.
    pub lints: Vec<Lint>,
    /// Whether the file is a plan, or a part that plans import.
    pub role: Role,
}

impl Loaded {
    /// Adds what takes longer to find and does not stand in the way of an evaluation: what is proved of
    /// the plan without data, and lints of its formulas.
    #[must_use]
    pub fn examined(mut self) -> Self {
        if let Some(program) = &self.program {
            let known: Vec<Span> = self.diagnostics.iter().filter_map(Diagnostic::primary).collect();
            let overlaps = self.lints.iter().find(|lint| lint.code == Code::OverlappingCases);
            let overlaps = overlaps.is_some_and(|lint| lint.level != Level::Allow);
            let mut found = proof::prove(program, &known, overlaps);
            found.extend(lint::check(program, &self.role));
            found.extend(std::mem::take(&mut self.diagnostics));
            self.judge(found);
        }
        self
    }

    /// Gives every warning the level that the plan sets for it.
    fn judge(&mut self, found: Diagnostics) {
        for mut diagnostic in found {
            let set = self.lints.iter().find(|lint| lint.code == diagnostic.code).map(|lint| lint.level);
            let level = set.or(diagnostic.code.level());
            match (diagnostic.severity, level) {
                (Severity::Warning, Some(Level::Allow)) => self.allowed.push(diagnostic),
                (Severity::Warning, Some(Level::Deny)) => {
                    diagnostic.severity = Severity::Error;
                    self.diagnostics.push(diagnostic);
                }
                _ => self.diagnostics.push(diagnostic),
            }
        }
        crate::diagnostic::sort(&mut self.diagnostics);
    }

    /// Takes what is allowed of this kind back among the problems.
    #[must_use]
    pub fn with_allowed(mut self, code: Code) -> Self {
        let (asked, others): (Diagnostics, Diagnostics) =
            std::mem::take(&mut self.allowed).into_iter().partition(|d| d.code == code);
        self.allowed = others;
        self.diagnostics.extend(asked);
        crate::diagnostic::sort(&mut self.diagnostics);
        self
    }
}

/// Reads and checks a plan's text.
#[must_use]
pub fn load(name: &str, text: &str, resolver: &dyn Resolver, limits: &Limits) -> Loaded {
    let (document, diagnostics) = read_plan(name, text, resolver, limits);
    checked(document, diagnostics, limits)
}

/// Checks a plan as it was read, with what was found in reading it.
#[must_use]
pub fn checked(document: Document, mut diagnostics: Diagnostics, limits: &Limits) -> Loaded {
    let (sources, role, lints) =
        (document.sources.clone(), document.header.role.clone(), document.lints.clone());
    let checked = check(document, limits);
    diagnostics.extend(checked.diagnostics);
    if checked.inputs_sound {
        diagnostics.extend(test_data::check(&checked.program, limits));
    }
    let usable = checked.sound && !diagnostics.iter().any(Diagnostic::is_error);
    let mut loaded = Loaded {
        program: usable.then_some(checked.program),
        diagnostics: Diagnostics::new(),
        sources,
        allowed: Diagnostics::new(),
        lints,
        role,
    };
    loaded.judge(diagnostics);
    loaded
}

/// The diagnostic of a plan file that cannot be read.
#[must_use]
pub fn unreadable(path: &str, error: &ResolveError) -> Diagnostic {
    let (code, help) = match error {
        ResolveError::NotText | ResolveError::Utf16 => (Code::FileNotText, "save the plan as text in UTF-8"),
        ResolveError::TooLarge => {
            (Code::FileTooLarge, "a plan file is a few hundred lines; check that this is one")
        }
        _ => (Code::FileUnreadable, "check the path, and that it is a file you may read"),
    };
    Diagnostic::error(code, format!("the plan `{path}` cannot be read: {error}"))
        .help(help)
        .about(Subject { file: Some(path.to_owned()), ..Subject::default() })
}
