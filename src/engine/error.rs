//! Errors of the public face: typed, each carrying its diagnostics.

use crate::data::SerializeError;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::SourceMap;
use thiserror::Error;

/// A plan that cannot be used.
#[derive(Clone, Debug, Error)]
#[error("{}", located(.diagnostics, .sources))]
pub struct PlanError {
    /// Every problem found, in the order of the text.
    pub diagnostics: Diagnostics,
    /// The texts that they point into.
    pub sources: SourceMap,
}

/// An evaluation that cannot be carried out.
#[derive(Clone, Debug, Error)]
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
