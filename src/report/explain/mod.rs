//! Explanations as a tree for people, as JSON and as Markdown.
//!
//! The tree and the Markdown are two drawings of the same `Entry`; the JSON is made from the
//! derivation itself.

mod entry;
mod headings;
mod json;
pub(super) mod markdown;
mod phrases;
mod records;
mod shape;
mod speaker;
#[cfg(feature = "cli")]
mod tree;

#[cfg(test)]
mod tests;

use super::Faced;
use crate::eval::Explanation;
use speaker::Speaker;
use std::borrow::Cow;

pub use json::explain_json;

/// How many steps of a walk the tree and the Markdown tell, the first and the last, where a caller has
/// not chosen with [`Explanation::steps_to`].
const STEPS: usize = 6;

/// The explanation as Markdown: a heading with the figure, then a nested list of what it rests on.
///
/// Names and formulas stand as code, values in bold; what the plan or the data say is escaped.
#[must_use]
pub fn explain_markdown(explanation: &Faced<Explanation>) -> String {
    let speaker = Speaker::new(explanation);
    let shown = readable(explanation);
    markdown::draw(&entry::of(&speaker, &shown), &speaker.legend(&shown.root))
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
    let shown = readable(explanation);
    tree::draw(&entry::of(&speaker, &shown), &speaker.legend(&shown.root), style)
}

/// The explanation with as many steps of its walks as a reader will follow, and the first row alone
/// opened where rows are summed up, unless a caller chose how many.
fn readable(explanation: &Faced<Explanation>) -> Cow<'_, Explanation> {
    match explanation.value.steps {
        Some(_) => Cow::Borrowed(&explanation.value),
        None => Cow::Owned(explanation.value.clone().readable(STEPS)),
    }
}
