//! The functions of the language: one table row each. The checker, both evaluators, the reference
//! and the suggestions share it.

mod account;
mod dates;
mod fault;
mod lists;
mod numbers;
mod table;
mod text;

pub use account::{Account, room};
pub use fault::{Fault, FaultKind};
pub use lists::{Joins, compare, is_ordered, joins};
pub use numbers::{declared_mode, in_short};
pub use table::{BUILTINS, find};

use crate::number::RoundingMode;
use crate::value::{Calendar, EnumType, MonthEnd, Type, Value};
use std::sync::Arc;

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// A number of any unit.
    Number,
    /// A number without a unit.
    Plain,
    /// A date.
    Date,
    /// A list.
    List,
    /// A row of a table.
    Row,
    /// A calendar.
    Calendar,
    /// A rounding mode by name.
    Mode,
    /// A day count convention by name.
    DayCount,
}

/// Which arguments a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// These, of which the last few may be left out.
    Fixed(&'static [Param], usize),
    /// One list, or two or more values of one comparable type.
    ListOrValues,
}

/// What a rounding function does, so that a trace can show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    /// Always this way.
    Always(RoundingMode),
    /// As the third argument says, else as the plan's convention does.
    AsDeclared,
}

/// What functions may know besides their arguments.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The plan's calendars.
    pub calendars: &'a [Arc<Calendar>],
    /// The month-end convention.
    pub month_end: MonthEnd,
    /// The tie rule of `round`.
    pub rounding: RoundingMode,
    /// The largest fraction.
    pub fraction_bits: u64,
    /// The longest list.
    pub list_items: usize,
    /// What the evaluation has taken so far.
    pub account: &'a Account,
}

/// Decides a function's result from its arguments' types; the error says what was expected.
pub type ResultType = fn(&[Type]) -> Result<Type, String>;

/// Computes a function's value from its arguments' values.
pub type Compute = fn(&Surroundings<'_>, &[Value]) -> Result<Value, FaultKind>;

/// One function.
#[derive(Clone, Copy)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its signature, as the reference prints it.
    pub signature: &'static str,
    /// One sentence about it.
    pub about: &'static str,
    /// A formula and its value, both run by a test.
    pub example: (&'static str, &'static str),
    /// Its arguments.
    pub shape: Shape,
    /// Whether it rounds.
    pub rounds: Option<Rounds>,
    /// Its type.
    pub result: ResultType,
    /// Its value.
    pub compute: Compute,
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The enumeration of rounding modes that plans may name.
#[must_use]
pub fn rounding_modes() -> Type {
    names(&["half_up", "half_even", "half_down", "floor", "ceiling", "toward_zero", "away_from_zero"])
}

/// The enumeration of day counts.
#[must_use]
pub fn day_counts() -> Type {
    names(&["bond_basis", "us_eom", "thirty_e", "thirty_e_isda"])
}

fn names(values: &[&str]) -> Type {
    Type::Enum(Arc::new(EnumType { values: values.iter().map(|v| Arc::from(*v)).collect() }))
}
