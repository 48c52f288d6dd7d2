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
mod shares;
mod words;
mod world;

pub use cases::{Gap, gap};

use crate::diagnostic::{Code, Diagnostics};
use crate::ir::Program;
use crate::source::Span;
use examine::Examiner;
use shares::{Found, dealt, in_order};
use std::thread;

/// How many steps all questions about a share of a plan may take together.
const STEPS: u64 = 120_000;
/// Bytes of a thread's stack: as many as the first thread of a process most often has.
const STACK: usize = 8 << 20;

/// What is found of a plan: warnings about what is proved, and a note about each question that is not
/// decided; of overlaps of cases only where they are asked for. Nothing is said again of the places in
/// `known`.
#[must_use]
pub fn prove(program: &Program, known: &[Span], tells_overlaps: bool) -> Diagnostics {
    let world = || ranges::world(program, STEPS);
    let walked = |share: &[_], world| Examiner::new(world, known, tells_overlaps).examine(share);
    let [first, second] = dealt(program);
    let (mut found, places) = thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(STACK);
        let other = builder.spawn_scoped(scope, || walked(&second, world()));
        let own = world();
        let found = requirements::of_data(own.clone());
        let mut places: Vec<Found> = walked(&first, own);
        // Where the system has no thread to give, this one does all of the work.
        let more = other.ok().and_then(|thread| thread.join().ok());
        places.extend(more.unwrap_or_else(|| walked(&second, world())));
        (found, places)
    });
    // From data that cannot be, anything would follow.
    if found.iter().any(|d| d.code == Code::ContradictoryRequirements) {
        return found;
    }
    found.extend(in_order(places));
    found
}
