//! Functions and rules are checked once each, on demand where a type is not declared and another
//! formula needs it. Both are known by one number: rules come after functions.

use super::globals::{Globals, Progress};
use super::{functions, rules};
use crate::ir::{FunctionId, RuleId};
use crate::value::Type;

/// The type of a function's result or a rule's conclusion, checking its formulas first where it is
/// not declared. None where it has a fault of its own. One that is part of a circle fits everywhere:
/// the order of evaluation reports the circle.
pub fn type_of(globals: &mut Globals, node: usize) -> Option<Type> {
    globals.note_use(node);
    let standing = globals.standing(node)?;
    match (&standing.ty, standing.progress) {
        (Some(ty), _) => Some(ty.clone()),
        (None, Progress::Done) => None,
        (None, Progress::Busy) => Some(Type::Never),
        (None, Progress::Waiting) => {
            if globals.waiting.len() >= globals.max_depth {
                globals.too_deep(node);
                return None;
            }
            check(globals, node);
            globals.standing(node)?.ty.clone()
        }
    }
}

/// Checks a function or a rule, once.
pub fn check(globals: &mut Globals, node: usize) {
    match globals.standing(node) {
        Some(standing) if standing.progress == Progress::Waiting => standing.progress = Progress::Busy,
        _ => return,
    }
    globals.waiting.push(node);
    let found = match node.checked_sub(globals.functions.len()) {
        Some(rule) => rules::check(globals, RuleId(rule)),
        None => functions::check(globals, FunctionId(node)),
    };
    globals.waiting.pop();
    if let Some(standing) = globals.standing(node) {
        standing.progress = Progress::Done;
        standing.ty = standing.ty.take().or(found);
    }
}

/// Checks whatever has not been needed yet.
pub fn finish(globals: &mut Globals) {
    for node in 0..globals.functions.len().saturating_add(globals.rules.len()) {
        check(globals, node);
    }
}
