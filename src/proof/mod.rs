//! What can be proved of a checked plan without data: cases that can never apply or leave a gap,
//! requirements that contradict each other or say nothing, divisors that can be zero. It never claims
//! what it has not decided.

mod cases;
mod examine;
mod formula;
mod functions;
mod linear;
mod numbered;
mod range;
mod ranges;
mod reading;
mod requirements;
mod search;
mod words;
mod world;

pub use cases::{Gap, gap};

use crate::diagnostic::Diagnostics;
use crate::ir::Program;
use crate::source::Span;

/// How many steps all questions about a plan may take together.
const STEPS: u64 = 120_000;

/// What is found of a plan: warnings about what is proved, and a note about each question that is not
/// decided; of overlaps of cases only where they are asked for. Nothing is said again of the places in
/// `known`.
#[must_use]
pub fn prove(program: &Program, known: &[Span], tells_overlaps: bool) -> Diagnostics {
    let world = ranges::world(program, STEPS);
    let mut found = requirements::of_data(world.clone());
    // From data that cannot be, anything would follow.
    if found.iter().any(|d| d.code == crate::diagnostic::Code::ContradictoryRequirements) {
        return found;
    }
    let mut examiner = examine::Examiner::new(world, known, tells_overlaps);
    examiner.examine();
    found.append(&mut examiner.found);
    found
}
