//! The public face: load a plan, evaluate it, read what it concludes and why.

mod assumptions;
mod coverage;
mod determinations;
mod error;
mod evaluation;
mod inputs;
mod load;
mod moves;
mod observed;
#[cfg(test)]
mod once;
mod parts;
mod readings;
mod refused;
mod results;
mod row;
mod rows;
#[cfg(feature = "cli")]
mod sifted;
mod test_data;
mod testing;

pub use coverage::{ClausePoint, Coverage, KINDS, Kind, Point, Reached};
pub use determinations::determinations;
pub use error::{EvaluateError, PlanError};
pub use evaluation::{Evaluation, Evaluator, Plan};
pub use inputs::{Again, Inputs, Rosters, ToInputs};
pub use load::{Loaded, checked, load, unreadable};
pub use moves::{Move, MovedRule, Side, money, moved};
pub use observed::{ObservedTest, conditions};
pub use parts::PartMove;
pub use readings::{Alternative, Readings};
pub use refused::{Refused, Tried};
pub use results::{Chosen, ChosenTable, Results, rests_on};
pub use row::{Row, RowEvaluator, RowResults};
pub use testing::{Difference, TestReport, Verdict};
pub(crate) use testing::{blamed, choices_of, judge};
