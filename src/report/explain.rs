//! Explanations as a tree for people, as JSON and as Markdown.

use super::Faced;
use crate::eval::Explanation;

/// The explanation as JSON.
#[must_use]
pub fn explain_json(_explanation: &Faced<Explanation>) -> String {
    String::new()
}

/// The explanation as Markdown.
#[must_use]
pub fn explain_markdown(_explanation: &Faced<Explanation>) -> String {
    String::new()
}

/// The explanation as a tree for people.
#[cfg(feature = "cli")]
#[must_use]
pub fn explain_tree(_explanation: &Faced<Explanation>, _style: super::Style) -> String {
    String::new()
}
