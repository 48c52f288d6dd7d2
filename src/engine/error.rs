//! Errors of the public face: typed, each carrying its diagnostics.

use crate::data::SerializeError;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report;
use crate::source::SourceMap;
use thiserror::Error;

/// A plan that cannot be used.
#[derive(Clone, Debug, Error)]
#[error("{}", report::short(.diagnostics, .sources).trim_end())]
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

fn lines(diagnostics: &[Diagnostic]) -> String {
    report::short(diagnostics, &SourceMap::default()).trim_end().to_owned()
}
