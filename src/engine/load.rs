//! From a plan's text to a checked plan.

use super::test_data;
use crate::check::check;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Subject};
use crate::ir::Program;
use crate::limits::Limits;
use crate::plan::{ResolveError, Resolver, Role, read_plan};
use crate::source::SourceMap;

/// What loading a plan found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The checked plan, where it has no error.
    pub program: Option<Program>,
    /// Everything there is to say about it, warnings included, in the order of the text.
    pub diagnostics: Diagnostics,
    /// The texts that the diagnostics point into.
    pub sources: SourceMap,
    /// Whether the file is a plan, or a part that plans import.
    pub role: Role,
}

/// Reads and checks a plan's text.
#[must_use]
pub fn load(name: &str, text: &str, resolver: &dyn Resolver, limits: &Limits) -> Loaded {
    let (document, mut diagnostics) = read_plan(name, text, resolver, limits);
    let (sources, role) = (document.sources.clone(), document.header.role.clone());
    let checked = check(document, limits);
    diagnostics.extend(checked.diagnostics);
    if checked.inputs_sound {
        diagnostics.extend(test_data::check(&checked.program, limits));
    }
    crate::diagnostic::sort(&mut diagnostics);
    let usable = checked.sound && !diagnostics.iter().any(Diagnostic::is_error);
    Loaded { program: usable.then_some(checked.program), diagnostics, sources, role }
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
