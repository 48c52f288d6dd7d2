//! Changes that the plan accepts as told by no test.

use super::place::Place;
use crate::plan::document::Document;
use crate::source::Span;

/// An entry of `[[mutants]]` that accepts nothing.
#[derive(Clone, Debug)]
pub struct Stale {
    /// The definition, as the entry names it.
    pub place: String,
    /// The change, as the entry names it.
    pub change: String,
    /// Whether there is such a change, that a test tells.
    pub killed: bool,
    /// Where the entry names the change.
    pub span: Span,
}

/// The reason that the plan gives for accepting a change.
pub fn reason(document: &Document, place: Place, change: &str) -> Option<String> {
    let name = place.name(document);
    let found = document.mutants.iter().find(|m| *m.place.value == *name && *m.change.value == *change);
    found.map(|m| m.why.to_string())
}
