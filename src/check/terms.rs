//! Terms: constants with their history.

use super::context::{Allowed, Context};
use super::declare::plain;
use super::globals::Globals;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval;
use crate::ir::{Holder, Term, TermVersion};
use crate::library::FaultKind;
use crate::syntax::ast;
use crate::value::{Type, Value};
use std::sync::Arc;

/// Checks every term.
pub fn check(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    for (index, term) in document.terms.iter().enumerate() {
        globals.terms_checked = index;
        let mut ty: Option<Type> = None;
        let mut versions = Vec::new();
        for version in &term.versions {
            let Some((found, value)) = constant(globals, &version.value, ty.as_ref(), "the term") else {
                continue;
            };
            let joined = ty.as_ref().and_then(|t| super::fit::join(t, &found)).unwrap_or(found);
            if !globals.is_bounded(&joined, &term.name) {
                break;
            }
            ty = Some(joined);
            versions.push(TermVersion {
                from: version.from.as_ref().map(|d| d.value),
                until: version.until.as_ref().map(|d| d.value),
                value,
                span: version.value.span,
            });
        }
        if versions.len() != term.versions.len() || versions.is_empty() {
            continue;
        }
        let checked = Term {
            name: term.name.clone(),
            ty: ty.unwrap_or(Type::Never),
            versions,
            cite: plain(&term.notes.cite),
            about: term.notes.about.clone(),
            change: term.notes.approval(),
        };
        if let Some(slot) = globals.terms.get_mut(index) {
            *slot = Some(checked);
        }
    }
    globals.terms_checked = document.terms.len();
}

/// Checks and evaluates a formula that must be constant; it may use the terms checked so far.
pub fn constant(
    globals: &mut Globals,
    expr: &ast::Expr,
    wanted: Option<&Type>,
    place: &str,
) -> Option<(Type, Value)> {
    constant_beside(globals, None, expr, wanted, place)
}

/// As [`constant`], where the fields of a row or record are known by name, so that the use of one
/// is told from a name that means nothing.
pub fn constant_beside(
    globals: &mut Globals,
    holder: Option<Holder>,
    expr: &ast::Expr,
    wanted: Option<&Type>,
    place: &str,
) -> Option<(Type, Value)> {
    let row = match holder {
        Some(Holder::Table(table)) => Some(table),
        _ => None,
    };
    let mut context = Context::new(globals, Allowed::Constants, row);
    if let Some(Holder::Record(record)) = holder {
        context.record = Some(record);
    }
    let checked = match wanted {
        Some(ty) => context.check(expr, ty, place),
        None => context.infer(expr, None),
    };
    let slots = context.slots;
    if !context.finish() {
        return None;
    }
    // That there are no steps left for constants was said of the one that took them.
    if globals.constants.steps == 0 {
        return None;
    }
    // Terms that a constant uses must have been checked before it, in the order of the file.
    hand_over(globals);
    let (value, steps) = eval::constant(&globals.program, &checked, slots, &globals.constants);
    globals.constants.steps = globals.constants.steps.saturating_sub(steps);
    match value {
        Ok(value) => Some((checked.ty, value)),
        // It uses a term that has a fault of its own.
        Err(fault) if fault.kind == FaultKind::Failed(Arc::from("")) => None,
        Err(fault) => {
            globals.diagnostics.push(
                Diagnostic::error(Code::NotConstant, format!("this constant has no value: {}", fault.kind))
                    .label(fault.span, "fails here")
                    .help(match fault.kind {
                        FaultKind::Limit(_) => {
                            "constants are worked out whenever the plan is read: write the value itself"
                        }
                        _ => "write the number itself",
                    }),
            );
            None
        }
    }
}

/// Hands the terms checked so far to the program, up to the first that has a fault: their places
/// must be the same in both.
fn hand_over(globals: &mut Globals) {
    while let Some(Some(term)) = globals.terms.get(globals.program.terms.len()) {
        globals.program.terms.push(term.clone());
    }
}

/// Checks `term_date`, which may use data but no rule.
pub fn check_term_date(globals: &mut Globals) {
    hand_over(globals);
    let document = Arc::clone(&globals.document);
    let Some(expr) = &document.header.term_date else { return };
    let mut context = Context::new(globals, Allowed::Data, None);
    let checked = context.check(expr, &Type::Date.optional(), "`term_date`");
    context.finish();
    globals.program.term_date = Some(checked);
}
