//! Lints of a checked plan: what can be meant, and is more often a slip or hard to check by eye.

mod finite;
mod formulas;
mod tested;
mod wording;

use crate::diagnostic::Diagnostics;
use crate::ir::{Program, RuleBody};
use crate::plan::Role;

/// Everything that the lints find; levels are given later.
#[must_use]
pub fn check(program: &Program, role: &Role) -> Diagnostics {
    let mut found = Diagnostics::new();
    for function in &program.functions {
        formulas::check(&function.body, program, &mut found);
    }
    for rule in &program.rules {
        rule.body.formulas(&mut |formula| formulas::check(formula, program, &mut found));
        if let RuleBody::Allocate(allocate) = &rule.body {
            // The step is a unit to count in, not a figure of the document.
            found.retain(|d| d.primary() != Some(allocate.step.span));
        }
    }
    wording::check(program, &mut found);
    finite::check(program, &mut found);
    if *role == Role::Plan {
        tested::check(program, &mut found);
    }
    found
}
