//! Explanations as a tree for people, as JSON and as Markdown.
//!
//! The tree and the Markdown are two drawings of the same `Entry`; the JSON is made from the
//! derivation itself.

mod entry;
mod headings;
mod json;
mod markdown;
mod phrases;
mod shape;
mod speaker;
#[cfg(feature = "cli")]
mod tree;

#[cfg(test)]
mod tests;

use super::Faced;
use crate::eval::Explanation;
use speaker::Speaker;

pub use json::explain_json;

/// The explanation as Markdown: a heading with the figure, then a nested list of what it rests on.
///
/// Names and formulas stand as code, values in bold; what the plan or the data say is escaped.
#[must_use]
pub fn explain_markdown(explanation: &Faced<Explanation>) -> String {
    let speaker = Speaker::new(explanation);
    let root = entry::of(&speaker, &explanation.value.root);
    markdown::draw(&root, &speaker.legend(&explanation.value.root))
}

/// The explanation as a tree for people, read from the top: each figure with its value, below it
/// the formula in the plan's words, and under that what it rests on.
///
/// Lines are wrapped at the style's width, with their continuation indented. Control characters of
/// the plan and the data are written out.
#[cfg(feature = "cli")]
#[must_use]
pub fn explain_tree(explanation: &Faced<Explanation>, style: super::Style) -> String {
    let speaker = Speaker::new(explanation);
    let root = entry::of(&speaker, &explanation.value.root);
    tree::draw(&root, &speaker.legend(&explanation.value.root), style)
}
