//! A plan as a page to read: its clauses, terms, inputs, rules, assumptions and tests, each with an
//! anchor and linked to what it uses, as one HTML file or as Markdown.

mod anchors;
mod build;
mod clauses;
mod data;
mod formula;
mod html;
mod inputs;
mod items;
mod layout;
mod markdown;
mod model;
mod picture;
mod svg;
mod testing;
mod uses;
mod words;

pub(super) use html::frame;
pub use html::html;
pub use markdown::markdown;
pub use model::{
    Body, CalendarEntry, Case, Clause, Condition, Edge, Expected, Expects, Fact, Field, FixtureEntry,
    Formula, Given, Group, HolderEntry, HolderKind, Item, LanguageFunction, Limit, Link, Node, Page, Part,
    Picture, Piece, Reading, Requirement, Section, Status, Style, Target, TestEntry, Version,
};
