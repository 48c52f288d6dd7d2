//! Errors of the public face: typed, each carrying its diagnostics.

use crate::data::SerializeError;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::SourceMap;
use std::fmt;
use thiserror::Error;

/// A plan that cannot be used. `Debug` says what `Display` does, for a `main` that answers errors.
#[derive(Clone, Error)]
#[error("{}", located(.diagnostics, .sources))]
pub struct PlanError {
    /// Every problem found, in the order of the text.
    pub diagnostics: Diagnostics,
    /// The texts that they point into.
    pub sources: SourceMap,
}

/// An evaluation that cannot be carried out. `Debug` says what `Display` does.
#[derive(Clone, Error)]
pub enum EvaluateError {
    /// The caller's value cannot be data of a plan.
    #[error(transparent)]
    Serialize(#[from] SerializeError),
    /// The data do not fit the plan; nothing was evaluated.
    #[error("{}", lines(.0))]
    Data(Diagnostics),
    /// What was asked for (a reading, a rule, a row) does not exist.
    #[error("{}", lines(.0))]
    Request(Diagnostics),
    /// Rules that have no conclusion for some row.
    #[error("{}", lines(.0))]
    Rules(Diagnostics),
}

impl fmt::Debug for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for EvaluateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl EvaluateError {
    /// Every problem found.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Serialize(_) => &[],
            Self::Data(found) | Self::Request(found) | Self::Rules(found) => found,
        }
    }
}

/// One line a problem: its code and what it says.
fn lines(diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<String> = diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
    lines.join("\n")
}

/// One line a problem, with its place in the plan.
fn located(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let line = |d: &Diagnostic| match d.primary() {
        Some(span) => {
            let (line, column) = sources.line_column(span);
            format!("{}:{line}:{column}: {}: {}", sources.name_of(span), d.code, d.message)
        }
        None => format!("{}: {}", d.code, d.message),
    };
    diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use crate::engine::{Inputs, Plan};

    #[test]
    fn what_a_main_prints_is_short_and_names_the_problem() {
        let faulty = "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\n\n[rules]\n\
                      b = { value = \"a + 1\", cite = \"§1\" }\n";
        let error = Plan::from_str(faulty).unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!(shown, error.to_string());
        assert!(shown.starts_with("plan.toml:7:16: unknown-name: "), "{shown}");
        assert!(shown.len() < 200 && !shown.contains("language"), "{shown}");
        // The texts themselves are named, with their length.
        let sources = format!("{:?}", error.sources);
        let expected = format!("SourceMap {{ sources: [\"plan.toml\" ({} bytes)] }}", faulty.len());
        assert_eq!(sources, expected);
        let takes_a = faulty.replace("[rules]", "[inputs]\na = \"number\"\n\n[rules]");
        let error = Plan::from_str(&takes_a).unwrap().evaluate(&Inputs::new()).unwrap_err();
        assert_eq!(format!("{error:?}"), error.to_string());
    }
}
