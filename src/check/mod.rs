//! Names, types, units, presence, order: from a plan as read to a plan that can be evaluated, with
//! every fault found on the way.

mod advice;
mod calls;
mod context;
mod declare;
mod facts;
mod fit;
mod formula;
mod functions;
mod globals;
mod infer;
mod inputs;
mod leftover;
mod operators;
mod order;
mod outline;
mod queries;
mod rules;
mod terms;
mod tests;
mod types;

use crate::diagnostic::{self, Diagnostics};
use crate::ir::Program;
use crate::limits::Limits;
use crate::plan::Document;

/// Checks a plan. The program is there where no error was found; warnings do not stand in its way.
#[must_use]
pub fn check(document: Document, limits: &Limits) -> (Option<Program>, Diagnostics) {
    let role = document.header.role.clone();
    let mut globals = declare::declare(document, limits);
    terms::check(&mut globals);
    inputs::check(&mut globals);
    order::infer_in_order(&mut globals);
    infer::finish(&mut globals);
    let sound = order::sort(&mut globals, limits);
    terms::check_term_date(&mut globals);
    let broken = globals.diagnostics.iter().any(diagnostic::Diagnostic::is_error);
    if !broken && sound && !globals.document.faulty {
        leftover::check(&mut globals, &role);
        outline::check(&mut globals);
    }
    tests::check(&mut globals);
    let mut diagnostics = std::mem::take(&mut globals.diagnostics);
    diagnostic::sort(&mut diagnostics);
    let usable = sound && !diagnostics.iter().any(diagnostic::Diagnostic::is_error);
    (usable.then_some(globals.program), diagnostics)
}
