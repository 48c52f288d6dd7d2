//! Tests of the whole way from text to tree and back.
#![allow(clippy::string_slice, clippy::arithmetic_side_effects)] // a test that slips may panic

mod bounds;
mod messages;
mod places;
mod round_trip;
mod trees;

use super::ast::Expr;
use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::source::{SourceId, TextMap};

/// The tree of a formula that stands alone, or what is wrong with it.
fn parse(text: &str) -> Result<Expr, Box<Diagnostic>> {
    super::parse_expr(&TextMap::plain(SourceId(0), text, 0), &Limits::DEFAULT)
}

/// The tree of a formula that must be right.
fn tree(text: &str) -> Expr {
    parse(text).unwrap_or_else(|d| panic!("{text}: {d:#?}"))
}
