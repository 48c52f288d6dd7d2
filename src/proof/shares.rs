//! A plan dealt among threads: its functions and rules in two shares, and what is found of them in the order
//! of the plan. The shares are the same whatever processors there are, since what is found depends on the
//! steps that a share takes.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Expr, FunctionId, Program, RuleId, walk};

/// A function or a rule: where questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A function.
    Function(FunctionId),
    /// A rule.
    Rule(RuleId),
}

/// What was found of a place.
pub(super) struct Found {
    pub place: Place,
    pub told: Diagnostics,
    /// That the steps ran out there.
    pub end: Option<Diagnostic>,
}

/// The functions and rules of a plan in two shares, each as it comes to the one that has less of the formulas.
pub(super) fn dealt(program: &Program) -> [Vec<Place>; 2] {
    let functions = program.functions.iter().enumerate();
    let functions = functions.map(|(index, f)| (Place::Function(FunctionId(index)), parts(&f.body)));
    let rules = program.rules.iter().enumerate().map(|(index, rule)| {
        let mut size = 0_usize;
        rule.body.formulas(&mut |formula| size = size.saturating_add(parts(formula)));
        (Place::Rule(RuleId(index)), size)
    });
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let (mut of_first, mut of_second) = (0_usize, 0_usize);
    for (place, size) in functions.chain(rules) {
        let (share, taken) =
            if of_first <= of_second { (&mut first, &mut of_first) } else { (&mut second, &mut of_second) };
        share.push(place);
        *taken = taken.saturating_add(size);
    }
    [first, second]
}

/// How many parts a formula has.
fn parts(formula: &Expr) -> usize {
    let mut count = 0_usize;
    walk(formula, &mut |_| count = count.saturating_add(1));
    count
}

/// What was found, in the order of the plan; that steps ran out is said once.
pub(super) fn in_order(mut places: Vec<Found>) -> Diagnostics {
    places.sort_by_key(|found| found.place);
    let end = places.iter_mut().find_map(|found| found.end.take());
    places.into_iter().flat_map(|found| found.told).chain(end).collect()
}
