//! Names, types, units, presence, order: from a plan as read to a plan that can be evaluated, with
//! every fault found on the way.

mod advice;
mod builtins;
mod calls;
mod context;
mod declare;
mod facts;
mod fit;
mod formula;
mod functions;
mod globals;
mod graph;
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

pub use tests::{given, overlay};

use crate::diagnostic::{self, Diagnostic, Diagnostics};
use crate::ir::Program;
use crate::limits::Limits;
use crate::plan::Document;
use crate::proof::{self, Gap};
use globals::{Globals, PossibleGap};

/// What checking a plan found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The plan, as far as it is sound.
    pub program: Program,
    /// Whether all of it is: whether it may be evaluated. Warnings do not stand in the way.
    pub sound: bool,
    /// Whether its inputs are, with all that their defaults, bounds and conditions use, but for single
    /// fields of which nothing is known (their type is `Never`): whether data may be held against them.
    pub inputs_sound: bool,
    /// Every error and every warning, in the order of the text.
    pub diagnostics: Diagnostics,
}

/// A plan that was changed, where it is sound still: without its outline, its tests, and all that is
/// only warned of.
#[must_use]
pub fn recheck(document: Document, limits: &Limits) -> Option<Program> {
    let mut globals = declare::declare(document, limits);
    terms::check(&mut globals);
    inputs::check(&mut globals);
    order::infer_in_order(&mut globals);
    infer::finish(&mut globals);
    terms::check_term_date(&mut globals);
    let order = order::sort(&mut globals, limits);
    let sound = order.rules && order.data && !globals.document.faulty && !globals.has_errors();
    sound.then_some(globals.program)
}

/// Checks a plan. Errors and warnings are reported together; none is the consequence of another.
#[must_use]
pub fn check(document: Document, limits: &Limits) -> Checked {
    let role = document.header.role.clone();
    let mut globals = declare::declare(document, limits);
    terms::check(&mut globals);
    inputs::check(&mut globals);
    let inputs_sound = globals.document.inputs_sound && globals.errors() == globals.confined;
    order::infer_in_order(&mut globals);
    infer::finish(&mut globals);
    terms::check_term_date(&mut globals);
    let used = leftover::used(&globals);
    let order = order::sort(&mut globals, limits);
    gaps(&mut globals, order.rules);
    // Where definitions are missing that nobody knows of, they may use what seems left over.
    if !globals.document.incomplete {
        leftover::check(&mut globals, used, &role);
        outline::check(&mut globals);
    }
    tests::check(&mut globals);
    let mut diagnostics = std::mem::take(&mut globals.diagnostics);
    let sound = order.rules && !globals.document.faulty && !diagnostics.iter().any(Diagnostic::is_error);
    diagnostic::sort(&mut diagnostics);
    Checked { program: globals.program, sound, inputs_sound: inputs_sound && order.data, diagnostics }
}

/// Says which rules leave a gap: what presence and names do not close, numbers and dates may.
fn gaps(globals: &mut Globals, all_known: bool) {
    let known = all_known && !globals.document.faulty && !globals.has_errors();
    for PossibleGap { rule, has_order, mut problem } in std::mem::take(&mut globals.gaps) {
        if known {
            match proof::gap(&globals.program, rule) {
                Gap::None => continue,
                Gap::For(data) => problem.message.push_str(&format!(": nothing applies where {data}")),
                Gap::Unknown => {
                    problem.message =
                        problem.message.replace("leave a gap", "are not shown to cover everything");
                }
            }
        } else if has_order {
            // Whether it is one shows once the plan's other errors are mended.
            continue;
        }
        globals.diagnostics.push(problem);
    }
}
